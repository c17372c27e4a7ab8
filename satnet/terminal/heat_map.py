"""Two parameters of a sweep as a heat map."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from satnet.records.schema import ObjectiveRecord, Parameters
from satnet.sweeps.points import shown
from satnet.terminal.sweep_points import TrainedPoint, short

_SHADES = ("grey0", "navy_blue", "purple4", "deep_pink4", "orange4", "dark_orange3", "gold3", "light_goldenrod2")


def heat_map(points: Sequence[TrainedPoint], parameters: Parameters, objective: ObjectiveRecord) -> Table:
    """Means by the two `parameters` of the spec: the second across, the first down; the brighter, the better."""
    axes = list(parameters)
    down, across = (_values(points, parameters, axis) for axis in axes)
    means = {tuple(str(point.parameters[axis]) for axis in axes): point.value for point in points}
    known = [value for value in means.values() if value is not None]
    columns: list[list[Text]] = []
    table = Table(title=f"{short(axes[0])} (down) by {short(axes[1])} (across), brighter is better")
    table.add_column("", no_wrap=True, min_width=max(map(len, down), default=0))
    for other in across:
        shades = [_shade(means.get((name, other)), known, objective["mode"]) for name in down]
        table.add_column(other, justify="right", overflow="fold", min_width=max(map(len, shades), default=0))
        columns.append(shades)
    for name, *row in zip(down, *columns, strict=True):
        table.add_row(name, *row)
    return table


def _values(points: Sequence[TrainedPoint], parameters: Parameters, axis: str) -> list[str]:
    """An axis's values: in the order of its list, or of size."""
    tried = list(dict.fromkeys(point.parameters[axis] for point in points))
    listed = parameters[axis]
    listed = listed.get("choice") if isinstance(listed, Mapping) else listed
    if listed is None:
        return [str(value) for value in sorted(tried)]
    order = [shown(value) for value in listed]
    return [str(value) for value in order if value in tried]


def _shade(value: float | None, known: Sequence[float], mode: str | None) -> Text:
    """By rank among all cells, so that one diverged cell does not make all others look equal."""
    if value is None:
        return Text("-")
    below = sum(other < value for other in known) if mode == "max" else sum(other > value for other in known)
    place = below / max(1, len(known) - 1)
    shade = _SHADES[min(len(_SHADES) - 1, int(place * len(_SHADES)))]
    return Text(f"{value:.3g}", style=f"{'black' if place > 0.6 else 'white'} on {shade}")
