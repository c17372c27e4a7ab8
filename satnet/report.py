"""The terminal's picture of an experiment: saturation per layer at epoch 0 and at the end."""

from collections.abc import Mapping
from typing import Any

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


def metrics_line(document: Mapping[str, Any]) -> str:
    """Final losses and accuracies in one line."""
    final = document["summary"]["final"]
    if final is None:
        return "no epoch was finished"
    parts = []
    for part in ("train", "validation"):
        loss, accuracy = final[part]["loss"], final[part]["accuracy"]
        parts.append(f"{part} loss {'not finite' if loss is None else f'{loss:.4f}'}")
        if accuracy is not None:
            parts.append(f"accuracy {accuracy:.3f}")
    return f"epoch {final['epoch']}: " + ", ".join(parts)
