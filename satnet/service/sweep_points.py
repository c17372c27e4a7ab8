"""A stored sweep as its spec, and its points with what their trials brought."""

from collections.abc import Mapping, Sequence

from satnet.errors import InvalidSpec
from satnet.records.schema import ErrorRecord, StoredPoint
from satnet.store.trials import StoredTrial
from satnet.sweeps.early import ENDED_EARLY
from satnet.sweeps.ranking import Point
from satnet.sweeps.spec import SweepSpec


def load(content: object) -> SweepSpec:
    """A stored sweep spec."""
    return SweepSpec.model_validate(content)


def points_of(sweep: SweepSpec, points: Mapping[int, StoredPoint], trials: Sequence[StoredTrial]) -> list[Point]:
    """The points with the values of their trials, for the ranking."""
    by_number = {
        number: Point(number, stored["parameters"], {}, {}, sweep.repeats, set()) for number, stored in points.items()
    }
    for trial in trials:
        if trial.status != "succeeded" or trial.objective is None or trial.objective["value"] is None:
            continue
        point = by_number[trial.point]
        point.values[trial.repeat] = trial.objective["value"]
        if trial.objective["folds"]:
            point.folds[trial.repeat] = trial.objective["folds"]
        if trial.stop_reason in ENDED_EARLY:
            point.cut.add(trial.repeat)
    return list(by_number.values())


def error_records(error: InvalidSpec) -> list[ErrorRecord]:
    """Why a point is no valid spec, as it is stored and answered."""
    return [{"pointer": one.pointer, "detail": one.detail, "code": one.code, "got": one.got} for one in error.errors]
