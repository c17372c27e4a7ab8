"""Measured epochs in a line each."""

from rich.console import Console

from satnet.records.numbers import number_of
from satnet.records.schema import EpochEnd, EpochRecord, ExperimentDocument, Metrics
from satnet.spec.metrics import METRICS
from satnet.terminal.numbers import number, percent


def _metrics(end: EpochEnd | EpochRecord) -> str:
    return ", ".join(
        metrics_words(name, part) for name, part in (("train", end["train"]), ("validation", end["validation"]))
    )


def metrics_words(rows: str, metrics: Metrics) -> str:
    """Loss, accuracy and the metrics that were asked for, of one set of rows."""
    loss, accuracy = metrics["loss"], metrics["accuracy"]
    parts = [f"{rows} loss {'not finite' if loss is None else f'{loss:.4f}'}"]
    if accuracy is not None:
        parts.append(f"accuracy {accuracy:.3f}")
    parts += [f"{name} {number(number_of(metrics, name))}" for name in METRICS if name in metrics]
    return ", ".join(parts)


def metrics_line(document: ExperimentDocument) -> str:
    """Final losses and accuracies in one line."""
    final = document["summary"]["final"] if document["summary"] else None
    return f"epoch {final['epoch']}: {_metrics(final)}" if final else "no epoch was finished"


def epoch_line(record: EpochRecord) -> str:
    """One epoch in one line: metrics, and the saturated (or inactive) share of each layer."""
    fold = "" if record["fold"] is None else f"fold {record['fold']} "
    layers = []
    for layer in record["layers"]:
        share, word = layer["saturated_fraction"], "saturated"
        if share is None:
            share, word = layer["inactive_fraction"], "inactive"
        if share is not None:
            layers.append(f"{layer['name']} {percent(share)} {word}")
    return f"{fold}epoch {record['epoch']}: " + "; ".join([_metrics(record), *layers])


def print_epoch(record: EpochRecord, console: Console) -> None:
    """`epoch_line` as it is, however long."""
    console.print(epoch_line(record), markup=False, highlight=False, soft_wrap=True)
