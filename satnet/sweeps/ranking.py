"""What the trials of a sweep say, and how sure that is: pure functions on values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from satnet.records.confidence import LEVEL, interval

_EQUAL = 1e-12  # differences that only rounding tells apart


@dataclass(frozen=True)
class Point:
    """One point of a sweep: the value of each repeat that succeeded, and of each of its folds."""

    number: int
    parameters: dict[str, Any]
    values: dict[int, float]  # repeat -> objective
    folds: dict[int, list[float]]  # repeat -> objective of each fold
    expected: int  # repeats that were asked for
    cut: set[int] = field(default_factory=set)  # repeats that the sweep ended early: their values are of other epochs

    @property
    def samples(self) -> dict[tuple[int, int], float]:
        """What noise is told from: repeats, or the folds of a single one."""
        if len(self.values) == 1 and self.folds:
            repeat, values = next(iter(self.folds.items()))
            return {(repeat, number): value for number, value in enumerate(values)}
        return {(repeat, -1): value for repeat, value in self.values.items()}

    @property
    def of_folds(self) -> bool:
        """Whether the samples share training rows."""
        return len(self.values) == 1 and bool(self.folds)


def summary(point: Point) -> dict[str, Any]:
    """A point with its mean and interval."""
    values = list(point.samples.values())
    found = interval(values, folds=point.of_folds)
    return {
        "point": point.number,
        "parameters": point.parameters,
        "value": fmean(point.values.values()) if point.values else None,
        "interval": None if found is None else list(found),
        "repeats": len(point.values),
        "missing": point.expected - len(point.values),
        "folds": len(values) if point.of_folds else None,
    }


def ranked(points: Sequence[Point], sign: float) -> list[Point]:
    """Points with a value, best first; those whose repeats did not all come to their end are behind the others."""
    told = [point for point in points if point.values]

    def order(point: Point) -> tuple[bool, bool, float]:
        return len(point.values) < point.expected, bool(point.cut), -sign * fmean(point.values.values())

    return sorted(told, key=order)


def verdict(points: Sequence[Point], sign: float) -> dict[str, Any]:
    """Whether the best point is better than each other one, by more than the noise.

    Differences are taken between equal seeds (or folds) and judged together (Bonferroni), so that trying more points
    does not find more winners.

    Returns:
        `verdict`: winner, no_difference_found, unknown (nothing tells the noise), or nothing_succeeded; `message`;
        `best`; `runners_up`, each with the `difference` that the best one is ahead by, and its interval;
        `indistinguishable`: points that may be as good.
    """
    order = ranked(points, sign)
    if not order:
        return {"verdict": "nothing_succeeded", "message": "no trial has a value", "best": None} | _NOBODY
    best, others = order[0], order[1:]
    told: dict[str, Any] = {"best": summary(best)} | _NOBODY
    if not others:
        return told | {"verdict": "unknown", "message": "there is no other point to compare with"}
    level = 1 - (1 - LEVEL) / len(others)
    compared = [_ahead(best, other, sign, level) for other in others]
    told["runners_up"] = compared[:10]
    if all(one["pairs"] < 2 for one in compared):
        message = "one value a point does not tell a difference from noise; ask for repeats, or for cross-validation"
        return told | {"verdict": "unknown", "message": message}
    clear = [one["difference_interval"] is not None and one["difference_interval"][0] > 0 for one in compared]
    close = [one["point"] for one, ahead in zip(compared, clear, strict=True) if not ahead]
    told["indistinguishable"] = close
    if close:
        message = f"no difference found between the best point and {len(close)} of {len(others)} others"
        return told | {"verdict": "no_difference_found", "message": message}
    message = f"better than each of {len(others)} others by more than the noise ({LEVEL:.0%}, judged together)"
    return told | {"verdict": "winner", "message": message}


_NOBODY: dict[str, Any] = {"runners_up": [], "indistinguishable": []}


def _ahead(best: Point, other: Point, sign: float, level: float) -> dict[str, Any]:
    mine, theirs = best.samples, other.samples
    gains = [sign * (mine[key] - theirs[key]) for key in mine if key in theirs]
    # Equal differences are those of a coarse measure, as accuracy is: they say nothing of the noise.
    found = interval(gains, folds=best.of_folds, level=level) if gains and max(gains) - min(gains) > _EQUAL else None
    return summary(other) | {
        "difference": fmean(gains) if gains else None,
        "difference_interval": None if found is None else list(found),
        "pairs": len(gains),
    }
