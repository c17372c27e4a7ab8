"""The terminal's picture of an experiment: saturation per layer at epoch 0 and at the end."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def saturation_table(document: Mapping[str, Any]) -> Table:
    """One row a hidden layer; '-' where the number has no meaning for its activation."""
    table = Table(title=f"{document['name'] or document['id']}: {document['status']}", title_justify="left")
    table.add_column("layer")
    table.add_column("activation")
    for name in ("saturated, epoch 0", "at the end", "gate, epoch 0", "at the end", "dead units"):
        table.add_column(name, justify="right")
    for layer in document["summary"]["layers"]:
        first, last = layer["epoch_0"], layer["final"]
        cells = [_percent(one["saturated_fraction"]) for one in (first, last)]
        cells += ["-" if one["gate"] is None else f"{one['gate']:.2f}" for one in (first, last)]
        table.add_row(layer["name"], layer["activation"], *cells, _percent(last["dead_unit_fraction"]))
    return table


def _metrics(record: Mapping[str, Any]) -> str:
    parts = []
    for part in ("train", "validation"):
        loss, accuracy = record[part]["loss"], record[part]["accuracy"]
        parts.append(f"{part} loss {'not finite' if loss is None else f'{loss:.4f}'}")
        if accuracy is not None:
            parts.append(f"accuracy {accuracy:.3f}")
    return ", ".join(parts)


def metrics_line(document: Mapping[str, Any]) -> str:
    """Final losses and accuracies in one line."""
    final = (document["summary"] or {}).get("final")
    return f"epoch {final['epoch']}: {_metrics(final)}" if final else "no epoch was finished"


def epoch_line(record: Mapping[str, Any]) -> str:
    """One epoch in one line: metrics, and the saturated (or inactive) share of each layer."""
    fold = "" if record["fold"] is None else f"fold {record['fold']} "
    layers = []
    for layer in record["layers"]:
        share, word = layer["saturated_fraction"], "saturated"
        if share is None:
            share, word = layer["inactive_fraction"], "inactive"
        if share is not None:
            layers.append(f"{layer['name']} {_percent(share)} {word}")
    return f"{fold}epoch {record['epoch']}: " + "; ".join([_metrics(record), *layers])


def print_report(document: Mapping[str, Any], console: Console) -> None:
    """Table, final metrics, and why it ended where that needs telling."""
    if document["summary"]:
        console.print(saturation_table(document))
        console.print(metrics_line(document), markup=False, soft_wrap=True)
    else:
        told = f"{document['id']} is {document['status']}"
        message = f": {document['message']}" if document["message"] else ""
        console.print(told + message, markup=False, soft_wrap=True)
    if reason := document["status_reason"]:
        console.print(f"{reason['code']}: {reason['message']}", markup=False, soft_wrap=True)
