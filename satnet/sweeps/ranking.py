"""Which point of a sweep is best, and how sure that is: pure functions on values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from satnet.records.confidence import LEVEL, interval
from satnet.records.schema import Interval, Parameters, PointSummary, Ranking, RunnerUp, Verdict

_EQUAL = 1e-12  # differences that only rounding tells apart
_MOST_RUNNERS_UP = 10


@dataclass(frozen=True)
class Point:
    """One point of a sweep: the value of each repeat that succeeded, and of each of its folds."""

    number: int
    parameters: Parameters
    values: dict[int, float]  # repeat -> objective
    folds: dict[int, list[float]]  # repeat -> objective of each fold
    expected: int  # repeats that were asked for
    cut: set[int] = field(default_factory=set)  # repeats that the sweep ended early: their values are of other epochs

    @property
    def mean(self) -> float:
        """Mean objective of the repeats that have one."""
        return fmean(self.values.values())

    @property
    def samples(self) -> dict[tuple[int, int], float]:
        """The values whose scatter is the noise: repeats, or the folds of a single one."""
        if self.of_folds:
            repeat, values = next(iter(self.folds.items()))
            return {(repeat, number): value for number, value in enumerate(values)}
        return {(repeat, -1): value for repeat, value in self.values.items()}

    @property
    def of_folds(self) -> bool:
        """Whether the samples share training rows."""
        return len(self.values) == 1 and bool(self.folds)


def summary(point: Point) -> PointSummary:
    """A point with its mean and interval."""
    values = list(point.samples.values())
    return {
        "point": point.number,
        "parameters": point.parameters,
        "value": point.mean if point.values else None,
        "interval": _listed(interval(values, folds=point.of_folds)),
        "repeats": len(point.values),
        "missing": point.expected - len(point.values),
        "folds": len(values) if point.of_folds else None,
    }


def _listed(bounds: tuple[float, float] | None) -> Interval | None:
    return None if bounds is None else list(bounds)


def ranked(points: Sequence[Point], sign: float) -> list[Point]:
    """Points with a value, best first: complete ones, then those of which a repeat is missing, then those cut short.

    A missing repeat makes a mean less certain; values of a trial that the sweep ended early are of another epoch, and
    compare with nothing.
    """

    def order(point: Point) -> tuple[bool, bool, float]:
        return bool(point.cut), len(point.values) < point.expected, -sign * point.mean

    return sorted((point for point in points if point.values), key=order)


def verdict(points: Sequence[Point], sign: float) -> Ranking:
    """Whether the best point is better than each other one, by more than the noise.

    Differences are taken between equal seeds (or folds) and judged together (Bonferroni), so that trying more points
    does not produce more winners.
    """
    order = ranked(points, sign)
    if not order:
        return _ranking("nothing_succeeded", "no trial has a value")
    best, others = order[0], order[1:]
    if not others:
        return _ranking("unknown", "there is no other point to compare with", best)
    level = 1 - (1 - LEVEL) / len(others)
    compared = [_ahead(best, other, sign, level) for other in others]
    if all(one["pairs"] < 2 for one in compared):
        message = "one value per point cannot separate a difference from noise; use repeats or cross-validation"
        return _ranking("unknown", message, best, compared)
    close = [one["point"] for one in compared if not _clear(one)]
    if close:
        message = f"no difference found between the best point and {len(close)} of {len(others)} others"
        return _ranking("no_difference_found", message, best, compared, close)
    message = f"better than each of {len(others)} others by more than the noise ({LEVEL:.0%}, judged together)"
    return _ranking("winner", message, best, compared)


def _ranking(
    name: Verdict, message: str, best: Point | None = None, compared: Sequence[RunnerUp] = (), close: Sequence[int] = ()
) -> Ranking:
    return {
        "verdict": name,
        "message": message,
        "best": None if best is None else summary(best),
        "runners_up": list(compared[:_MOST_RUNNERS_UP]),
        "indistinguishable": list(close),
    }


def _clear(other: RunnerUp) -> bool:
    return other["difference_interval"] is not None and other["difference_interval"][0] > 0


def _ahead(best: Point, other: Point, sign: float, level: float) -> RunnerUp:
    ours, theirs = best.samples, other.samples
    gains = [sign * (ours[key] - theirs[key]) for key in ours if key in theirs]
    # Equal differences are those of a coarse measure, as accuracy is: they say nothing about the noise.
    noisy = bool(gains) and max(gains) - min(gains) > _EQUAL
    return {
        **summary(other),
        "difference": fmean(gains) if gains else None,
        "difference_interval": _listed(interval(gains, folds=best.of_folds, level=level)) if noisy else None,
        "pairs": len(gains),
    }
