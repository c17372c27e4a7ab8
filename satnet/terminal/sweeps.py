"""A sweep in the terminal: points as a table, a heat map where two parameters were varied, the verdict."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from satnet.sweeps.points import shown

Row = Mapping[str, Any]
_MOST_ROWS = 40
_WIDEST = 20  # characters of a parameter's column where there is little room; longer values are folded, never cut
_SHADES = ("grey0", "navy_blue", "purple4", "deep_pink4", "orange4", "dark_orange3", "gold3", "light_goldenrod2")


def short(pointer: str) -> str:
    """/layers/1/activation,/layers/2/activation -> layers 1, 2: activation."""
    parts = [one.strip("/").split("/") for one in pointer.split(",")]
    if len(parts) > 1 and all(len(one) == 3 and one[2] == parts[0][2] for one in parts):
        return f"{parts[0][0]} {', '.join(one[1] for one in parts)}: {parts[0][2]}"
    return " ".join(parts[0])


def print_sweep(sweep: Row, trials: Sequence[Row], ranking: Row, importance: Row, console: Console) -> None:
    """All of it.

    Args:
        sweep: the document.
        trials: its trials.
        ranking: what `/best` answers.
        importance: what `/importance` answers.
        console: where to.
    """
    objective = ranking["objective"]
    console.print(f"{sweep['name'] or sweep['id']}: {sweep['status']}; {_counts(sweep['progress'])}", markup=False)
    cells = _cells(trials)
    console.print(_table(cells, objective, console.width))
    if len(sweep["spec"]["parameters"]) == 2:
        console.print(heat_map(cells, sweep["spec"]["parameters"], objective))
    for row in trials:
        if row["status"] == "invalid":
            told = "; ".join(f"{one['pointer']}: {one['detail']}" for one in row["errors"])
            console.print(f"not trained: {_point(row['parameters'])}: {told}", markup=False)
    for one in importance["data"]:
        console.print(f"importance of {short(one['parameter'])}: {one['importance']:.0%}", markup=False)
    if importance["data"] and importance["warning"]:
        console.print(f"  {importance['warning']}", markup=False)
    console.print(_answer(ranking), markup=False)


def _counts(progress: Row) -> str:
    told = [f"{progress['points']} points", f"{progress['trials']} trials"]
    keys = ("queued", "running", "paused", "succeeded", "failed", "cancelled", "reused")
    told += [f"{progress[key]} {key}" for key in keys if progress[key]]
    if progress["invalid_points"]:
        told.append(f"{progress['invalid_points']} points no valid specs")
    return ", ".join(told)


def _point(parameters: Row) -> str:
    return ", ".join(f"{short(pointer)} = {value}" for pointer, value in parameters.items())


def _cells(trials: Sequence[Row]) -> list[dict[str, Any]]:
    """One entry a point that was trained: parameters, values of its repeats, means of the usual columns."""
    points: dict[int, list[Row]] = {}
    for row in trials:
        if row["status"] != "invalid":
            points.setdefault(row["point"], []).append(row)
    cells = []
    for number, rows in points.items():
        values = [row["value"] for row in rows if row["value"] is not None]
        names = next((list(row["metrics"]) for row in rows if row["metrics"]), [])
        known = {name: [row["metrics"][name] for row in rows if row["metrics"]] for name in names}
        means = {name: _mean(one) for name, one in known.items()}
        statuses = sorted({row["stop_reason"] or row["status"] for row in rows})
        cell = {"point": number, "parameters": rows[0]["parameters"], "value": _mean(values), "n": len(values)}
        cells.append(cell | {"spread": max(values) - min(values) if values else None, "ended": statuses} | means)
    return cells


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _table(cells: Sequence[Row], objective: Row, width: int) -> Table:
    sign = -1.0 if objective["mode"] == "max" else 1.0
    order = sorted(cells, key=lambda cell: (cell["value"] is None, sign * (cell["value"] or 0.0)))
    table = Table(title=f"{objective['metric']} ({objective['mode']}, {objective['at']} epoch), best first")
    for pointer, widest in _widths(cells).items():
        table.add_column(short(pointer), min_width=min(widest, _WIDEST), overflow="fold")
    table.add_column(_words(objective["metric"]), justify="right")
    table.add_column("spread (n)", justify="right")
    names = _columns(cells, objective["metric"], width)
    for name in names:
        table.add_column(_words(name.replace("_fraction", "")), justify="right")
    table.add_column("ended")
    for cell in order[:_MOST_ROWS]:
        spread = "-" if cell["spread"] is None else f"{cell['spread']:.3g} ({cell['n']})"
        numbers = [_number(cell.get(name)) for name in names]
        values = [str(value) for value in cell["parameters"].values()]
        table.add_row(*values, _number(cell["value"]), spread, *numbers, ", ".join(cell["ended"]))
    if len(order) > _MOST_ROWS:
        table.caption = f"and {len(order) - _MOST_ROWS} more: -o csv has all"
    return table


def _words(name: str) -> str:
    """A column's name in words, so that a narrow terminal breaks it between them."""
    return name.replace(".", " ").replace("_", " ")


_IN_ORDER = (
    "validation.accuracy", "validation.loss", "worst_saturated_fraction", "train.loss", "network.vanish_ratio",
    "worst_dead_unit_fraction", "train.accuracy",
)  # fmt: skip


def _columns(cells: Sequence[Row], metric: str, width: int) -> list[str]:
    """The usual columns that have a value somewhere, as many as there is room for."""
    told = [name for name in _IN_ORDER if name != metric and any(cell.get(name) is not None for cell in cells)]
    room = (width - 45 - sum(3 + max(10, min(widest, _WIDEST)) for widest in _widths(cells).values())) // 14
    return told[: max(0, room)]


def _widths(cells: Sequence[Row]) -> dict[str, int]:
    """Parameter -> characters of its longest value."""
    pointers = cells[0]["parameters"] if cells else {}
    return {pointer: max(len(str(cell["parameters"][pointer])) for cell in cells) for pointer in pointers}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def heat_map(cells: Sequence[Row], parameters: Mapping[str, Any], objective: Row) -> Table:
    """Means by the two parameters: the second across, the first down; the brighter, the better."""
    axes = list(parameters)
    down, across = (_values(cells, parameters, axis) for axis in axes)
    found = {tuple(str(cell["parameters"][axis]) for axis in axes): cell["value"] for cell in cells}
    known = [value for value in found.values() if value is not None]
    columns: list[list[Text]] = []
    table = Table(title=f"{short(axes[0])} (down) by {short(axes[1])} (across), brighter is better")
    table.add_column("", no_wrap=True, min_width=max(map(len, down), default=0))
    for other in across:
        shades = [_shade(found.get((name, other)), known, objective["mode"]) for name in down]
        table.add_column(other, justify="right", overflow="fold", min_width=max(map(len, shades), default=0))
        columns.append(shades)
    for name, *row in zip(down, *columns, strict=True):
        table.add_row(name, *row)
    return table


def _values(cells: Sequence[Row], parameters: Mapping[str, Any], axis: str) -> list[str]:
    """An axis's values: in the order of its list, or of size."""
    tried = list(dict.fromkeys(cell["parameters"][axis] for cell in cells))
    listed = parameters[axis]
    listed = listed.get("choice") if isinstance(listed, Mapping) else listed
    if listed is None:
        return [str(value) for value in sorted(tried)]
    order = [shown(value) for value in listed]
    return [str(value) for value in order if value in tried]


def _shade(value: float | None, known: Sequence[float], mode: str) -> Text:
    """By rank among all cells, so that one diverged cell does not make all others look equal."""
    if value is None:
        return Text("-")
    below = sum(other < value for other in known) if mode == "max" else sum(other > value for other in known)
    place = below / max(1, len(known) - 1)
    shade = _SHADES[min(len(_SHADES) - 1, int(place * len(_SHADES)))]
    return Text(f"{value:.3g}", style=f"{'black' if place > 0.6 else 'white'} on {shade}")


def _answer(ranking: Row) -> str:
    best = ranking["best"]
    if best is None:
        return str(ranking["message"])
    told = f"best: {_point(best['parameters'])}: {_number(best['value'])}"
    if best["interval"]:
        told += f", 95% interval {_number(best['interval'][0])} to {_number(best['interval'][1])}"
    said, message = ranking["verdict"].replace("_", " "), ranking["message"]
    return f"{told}\n{message if message.startswith(said) else f'{said}: {message}'}"
