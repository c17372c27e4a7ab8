"""Per-unit arrays, one row a unit."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from satnet.records.schema import UnitsAnswer


def unit_rows(answer: UnitsAnswer) -> list[dict[str, object]]:
    """Layer, unit (from 0) and the numbers that have a meaning for the layer."""
    rows: list[dict[str, object]] = []
    for layer, arrays in answer["layers"].items():
        known: dict[str, Sequence[object]] = {name: values for name, values in arrays.items() if values}  # type: ignore[misc]  # all members are lists
        for unit, numbers in enumerate(zip(*known.values(), strict=True)):
            rows.append({"layer": layer, "unit": unit, **dict(zip(known, numbers, strict=True))})
    return rows


def print_units(answer: UnitsAnswer, console: Console) -> None:
    """One table, a column for each number that a layer has."""
    rows = unit_rows(answer)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    fold = "" if answer["fold"] is None else f"fold {answer['fold']} "
    table = Table(title=f"{fold}epoch {answer['epoch']}", title_justify="left")
    for name in columns:
        table.add_column(name.replace("_", " "), justify="left" if name == "layer" else "right")
    for row in rows:
        table.add_row(*[_cell(row, name) for name in columns])
    console.print(table)


def _cell(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    if isinstance(value, list):
        return " ".join(f"{one:.3f}" for one in value)
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
