"""What users post becomes a stored sweep, or the answer of a dry run."""

from collections.abc import Mapping
from dataclasses import replace

from jsonpointer import escape
from typing_extensions import TypedDict

from satnet.errors import FieldError, InvalidSpec
from satnet.records.ids import new_id
from satnet.records.schema import ErrorRecord, Parameters, SpecJson
from satnet.service.budget import require_affordable
from satnet.service.intake import fingerprint
from satnet.service.submission import Wake
from satnet.service.sweep_points import error_records
from satnet.service.sweep_steps import PATIENCE, advance
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, estimate, parse_spec, plan_network
from satnet.store import Store
from satnet.sweeps.parse import parse_sweep
from satnet.sweeps.points import shown
from satnet.sweeps.search import all_at_once
from satnet.sweeps.spec import SweepSpec
from satnet.sweeps.stacking import group_of


class InvalidPoint(TypedDict):
    """A point of the sweep whose spec is refused."""

    point: int
    parameters: Parameters
    errors: list[ErrorRecord]


class SweepEstimate(TypedDict):
    """`seconds` is a rough figure for one worker on two CPU cores that trains one trial at a time; null if unknown."""

    seconds: float | None


class SweepDryRun(TypedDict):
    """A valid sweep with all defaults filled in, and what it would cost."""

    valid: bool
    spec: SpecJson
    points: int
    trials: int
    invalid: list[InvalidPoint]
    side_by_side_groups: int
    estimate: SweepEstimate


def parse_posted(body: Mapping[str, object], settings: Settings) -> SweepSpec:
    """The sweep in a posted body.

    Raises InvalidSpec, also where no point known from the start is a valid spec within the limits.
    """
    sweep = parse_sweep(body)
    _require_valid_point(sweep, settings)
    return sweep


def create(store: Store, settings: Settings, wake: Wake, body: Mapping[str, object], key: str | None = None) -> str:
    """Store a sweep and queue the trials that are known from the start; its id."""
    sweep = parse_posted(body, settings)
    sweep_id, _ = store.create_sweep(new_id("swp_"), sweep.to_json(), key, fingerprint(body))
    advance(store, settings, sweep_id, wake, PATIENCE)
    return sweep_id


def _affordable(sweep: SweepSpec, parameters: Parameters, settings: Settings) -> ExperimentSpec:
    """The experiment at a point. Raises InvalidSpec, also where it needs more than it may."""
    spec = sweep.spec_at(parameters, 0)
    require_affordable(spec, settings)
    return spec


def _require_valid_point(sweep: SweepSpec, settings: Settings) -> None:
    """Raises the first point's errors where every point is refused."""
    first: list[FieldError] = []
    for parameters in all_at_once(sweep) or []:
        try:
            _affordable(sweep, parameters, settings)
        except InvalidSpec as error:
            first = first or [_in_body(sweep, parameters, one) for one in error.errors]
        else:
            return
    if first:
        raise InvalidSpec(first)


def _in_body(sweep: SweepSpec, parameters: Parameters, error: FieldError) -> FieldError:
    """A point's error with a pointer into the sweep's body: to the axis that set the field, else into base."""
    pointer = "#/base" + error.pointer[1:]
    for axis in sweep.axes():
        if any(f"{error.pointer[1:]}/".startswith(f"{part}/") for part in axis.split(",")):
            pointer = "#/parameters/" + escape(axis)
    values = ", ".join(f"{axis} = {shown(value)}" for axis, value in parameters.items())
    return replace(error, pointer=pointer, detail=f"no point is a valid spec; at {values}: {error.detail}")


def dry_run(sweep: SweepSpec, settings: Settings) -> SweepDryRun:
    """How many trials, which points are refused, and an estimate."""
    specs, invalid = _specs(sweep, settings)
    base = parse_spec(sweep.base)
    specs = specs or [base] * sweep.points
    groups = {name for one in specs if (name := group_of(one))} if sweep.side_by_side else set()
    return {
        "valid": True,
        "spec": sweep.to_json(),
        "points": sweep.points,
        "trials": len(specs) * sweep.repeats,
        "invalid": invalid,
        "side_by_side_groups": len(groups) * (1 if base.dataset.split_seed is not None else sweep.repeats),
        "estimate": {"seconds": _seconds(specs, sweep.repeats)},
    }


def _specs(sweep: SweepSpec, settings: Settings) -> tuple[list[ExperimentSpec], list[InvalidPoint]]:
    """The valid specs among the points known from the start, and the points that are refused."""
    specs: list[ExperimentSpec] = []
    invalid: list[InvalidPoint] = []
    for number, parameters in enumerate(all_at_once(sweep) or []):
        try:
            specs.append(_affordable(sweep, parameters, settings))
        except InvalidSpec as error:
            errors = error_records(error)
            invalid.append({"point": number, "parameters": dict(parameters), "errors": errors})
    return specs, invalid


def _seconds(specs: list[ExperimentSpec], repeats: int) -> float | None:
    seconds = [estimate.seconds(one, plan_network(one)) for one in specs]
    return None if None in seconds else repeats * sum(one or 0.0 for one in seconds)
