"""The report of a sweep: points as a table, a heat map where two parameters were varied, the verdict."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from satnet.records.schema import (
    BestAnswer,
    ImportanceAnswer,
    ObjectiveRecord,
    Parameters,
    SweepDocument,
    SweepProgress,
    TrialRow,
)
from satnet.terminal.heat_map import heat_map
from satnet.terminal.numbers import number
from satnet.terminal.sweep_points import TrainedPoint, short, trained_points

_MOST_ROWS = 40
_WIDEST = 20  # characters of a parameter's column where there is little room; longer values are folded, never cut


def print_sweep(
    sweep: SweepDocument,
    trials: Sequence[TrialRow],
    ranking: BestAnswer,
    importance: ImportanceAnswer,
    console: Console,
) -> None:
    """The whole report."""
    objective, parameters = ranking["objective"], sweep["spec"]["parameters"]
    console.print(f"{sweep['name'] or sweep['id']}: {sweep['status']}; {_counts(sweep['progress'])}", markup=False)
    points = trained_points(trials)
    console.print(_table(points, objective, console.width))
    if len(parameters) == 2:
        console.print(heat_map(points, parameters, objective))
    for row in trials:
        if row["status"] == "invalid":
            errors = "; ".join(f"{one['pointer']}: {one['detail']}" for one in row.get("errors", []))
            console.print(f"not trained: {_point(row['parameters'])}: {errors}", markup=False)
    for one in importance["data"]:
        console.print(f"importance of {short(one['parameter'])}: {one['importance']:.0%}", markup=False)
    if importance["data"] and importance["warning"]:
        console.print(f"  {importance['warning']}", markup=False)
    console.print(_verdict(ranking), markup=False)


def _counts(progress: SweepProgress) -> str:
    counts = {
        "queued": progress["queued"],
        "running": progress["running"],
        "paused": progress["paused"],
        "succeeded": progress["succeeded"],
        "failed": progress["failed"],
        "cancelled": progress["cancelled"],
        "reused": progress["reused"],
        "invalid points": progress["invalid_points"],
    }
    parts = [f"{progress['points']} points", f"{progress['trials']} trials"]
    return ", ".join(parts + [f"{count} {name}" for name, count in counts.items() if count])


def _point(parameters: Parameters) -> str:
    return ", ".join(f"{short(pointer)} = {value}" for pointer, value in parameters.items())


def _table(points: Sequence[TrainedPoint], objective: ObjectiveRecord, width: int) -> Table:
    sign = -1.0 if objective["mode"] == "max" else 1.0
    order = sorted(points, key=lambda point: (point.value is None, sign * (point.value or 0.0)))
    table = Table(title=f"{objective['metric']} ({objective['mode']}, {objective['at']} epoch), best first")
    for pointer, widest in _widths(points).items():
        table.add_column(short(pointer), min_width=min(widest, _WIDEST), overflow="fold")
    table.add_column(_words(objective["metric"]), justify="right")
    table.add_column("spread (n)", justify="right")
    names = _columns(points, objective["metric"], width)
    for name in names:
        table.add_column(_words(name.replace("_fraction", "")), justify="right")
    table.add_column("ended")
    for point in order[:_MOST_ROWS]:
        values = [str(value) for value in point.parameters.values()]
        metrics = [number(point.metrics.get(name)) for name in names]
        table.add_row(*values, number(point.value), _spread(point.values), *metrics, ", ".join(point.ended))
    if len(order) > _MOST_ROWS:
        table.caption = f"and {len(order) - _MOST_ROWS} more: -o csv has all"
    return table


def _spread(values: Sequence[float]) -> str:
    return f"{max(values) - min(values):.3g} ({len(values)})" if values else "-"


def _words(name: str) -> str:
    """A column's name in words, so that a narrow terminal breaks it between them."""
    return name.replace(".", " ").replace("_", " ")


_IN_ORDER = (
    "validation.accuracy", "validation.loss", "worst_saturated_fraction", "train.loss", "network.vanish_ratio",
    "worst_dead_unit_fraction", "train.accuracy",
)  # fmt: skip


def _columns(points: Sequence[TrainedPoint], metric: str, width: int) -> list[str]:
    """Asked metrics and the usual columns that have a value somewhere, as many as there is room for."""
    asked = [name for name in (points[0].metrics if points else ()) if name not in _IN_ORDER]
    names = [*asked, *_IN_ORDER]
    known = [name for name in names if name != metric and any(p.metrics.get(name) is not None for p in points)]
    room = (width - 45 - sum(3 + max(10, min(widest, _WIDEST)) for widest in _widths(points).values())) // 14
    return known[: max(0, room)]


def _widths(points: Sequence[TrainedPoint]) -> dict[str, int]:
    """Parameter -> characters of its longest value."""
    pointers = points[0].parameters if points else {}
    return {pointer: max(len(str(point.parameters[pointer])) for point in points) for pointer in pointers}


def _verdict(ranking: BestAnswer) -> str:
    best, message = ranking["best"], ranking["message"]
    if best is None:
        return message
    text = f"best: {_point(best['parameters'])}: {number(best['value'])}"
    if best["interval"]:
        low, high = best["interval"]
        text += f", 95 % interval {number(low)} to {number(high)}"
    words = ranking["verdict"].replace("_", " ")
    return f"{text}\n{message if message.startswith(words) else f'{words}: {message}'}"
