"""Measured epochs in a line each."""

from rich.console import Console

from satnet.records.schema import EpochEnd, EpochRecord, ExperimentDocument
from satnet.terminal.numbers import percent


def _metrics(end: EpochEnd | EpochRecord) -> str:
    parts = []
    for name, metrics in (("train", end["train"]), ("validation", end["validation"])):
        loss, accuracy = metrics["loss"], metrics["accuracy"]
        parts.append(f"{name} loss {'not finite' if loss is None else f'{loss:.4f}'}")
        if accuracy is not None:
            parts.append(f"accuracy {accuracy:.3f}")
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
