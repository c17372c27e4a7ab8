"""The trials of a sweep, put together by point."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from satnet.records.schema import Number, Parameters, TrialRow


@dataclass(frozen=True)
class TrainedPoint:
    """One point over its repeats."""

    parameters: Parameters
    values: list[float]  # the objective of each repeat that has one
    metrics: dict[str, Number]  # means of the usual columns
    ended: list[str]  # how its trials ended

    @property
    def value(self) -> float | None:
        """The mean over the repeats."""
        return _mean(self.values)


def trained_points(trials: Sequence[TrialRow]) -> list[TrainedPoint]:
    """The points that were trained, in order."""
    points: dict[int, list[TrialRow]] = {}
    for row in trials:
        if row["status"] != "invalid":
            points.setdefault(row["point"], []).append(row)
    return [_joined(rows) for rows in points.values()]


def _joined(rows: Sequence[TrialRow]) -> TrainedPoint:
    values = [value for row in rows if (value := row.get("value")) is not None]
    metrics = [one for row in rows if (one := row.get("metrics"))]
    names = list(metrics[0]) if metrics else []
    means = {name: _mean([one.get(name) for one in metrics]) for name in names}
    ended = sorted({row.get("stop_reason") or row["status"] for row in rows})
    return TrainedPoint(rows[0]["parameters"], values, means, ended)


def _mean(values: Sequence[Number]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def short(pointer: str) -> str:
    """/layers/1/activation,/layers/2/activation -> layers 1, 2: activation."""
    parts = [one.strip("/").split("/") for one in pointer.split(",")]
    if len(parts) > 1 and all(len(one) == 3 and one[2] == parts[0][2] for one in parts):
        return f"{parts[0][0]} {', '.join(one[1] for one in parts)}: {parts[0][2]}"
    return " ".join(parts[0])
