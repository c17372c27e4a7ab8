"""A sweep from JSON: completed, and checked before anything is stored."""

import copy
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jsonpointer
from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from satnet.errors import FieldError, InvalidSpec
from satnet.spec import ExperimentSpec, parse_spec
from satnet.spec.named import Frozen
from satnet.sweeps import objective as objectives
from satnet.sweeps.axis import Axis
from satnet.sweeps.eligibility import unfit
from satnet.sweeps.points import put
from satnet.sweeps.spec import MOST_TRIALS, Asha, Objective, SweepSpec

_MODELS: Mapping[str, type[Frozen]] = {"objective": Objective, "early_termination": Asha}
_OF_NO_RESULT = ("seed", "name", "labels", "keep", "priority")
_LONGEST = 200  # characters of a refused value that an error repeats


def parse_sweep(data: Mapping[str, Any]) -> SweepSpec:
    """The sweep in `data`, completed (seed, the objective's mode) and checked.

    Raises:
        InvalidSpec: with one error for each field found wrong.
    """
    try:
        sweep = SweepSpec.model_validate(data)
    except ValidationError as error:
        raise InvalidSpec([_field_error(one) for one in error.errors(include_url=False)]) from error
    try:
        base = parse_spec(dict(sweep.base))
    except InvalidSpec as error:
        raise InvalidSpec([replace(one, pointer=_in_base(one.pointer)) for one in error.errors]) from error
    if errors := list(_check(sweep, base)):
        raise InvalidSpec(errors)
    return _completed(sweep)


def _completed(sweep: SweepSpec) -> SweepSpec:
    seed = sweep.base.get("seed")
    drawn = secrets.randbelow(2**31) if seed is None else seed
    mode = sweep.objective.mode or objectives.usual_mode(sweep.objective.metric)
    objective = sweep.objective.model_copy(update={"mode": mode})
    base = copy.deepcopy(sweep.base) | {"seed": drawn}
    own = sweep.seed if sweep.seed is not None else drawn
    return sweep.model_copy(update={"base": base, "objective": objective, "seed": own})


def _check(sweep: SweepSpec, base: ExperimentSpec) -> Iterator[FieldError]:
    yield from _axes(sweep)
    if sweep.search == "grid" and sweep.trials is not None:
        detail = "not allowed with search grid, which tries every combination"
        yield FieldError("#/trials", detail, "not_allowed", sweep.trials)
    if sweep.search != "grid" and sweep.trials is None:
        yield FieldError("#/trials", f"required with search {sweep.search}: the number of points", "missing")
    if sweep.points * sweep.repeats > MOST_TRIALS:
        detail = f"{sweep.points} points x {sweep.repeats} repeats are more than {MOST_TRIALS} trials"
        yield FieldError("#/parameters", detail, "limit", sweep.points * sweep.repeats)
    for error in unfit(base, early_termination=sweep.early_termination is not None):
        if not _varied(sweep, "dataset", "cross_validation"):  # else each point is checked
            own = error.pointer == "#/early_termination"
            yield error if own else replace(error, pointer=_in_base(error.pointer))
    yield from _objective(sweep, base)


def _objective(sweep: SweepSpec, base: ExperimentSpec) -> Iterator[FieldError]:
    objective = sweep.objective
    problem = objectives.problem(objective.metric, base)
    if problem is None and not _renamed(sweep):
        problem = objectives.unknown_layer(objective.metric, base)
    if problem is not None:
        yield FieldError("#/objective/metric", problem, "not_allowed", objective.metric)
    if objective.mode is None and objectives.usual_mode(objective.metric) is None:
        yield FieldError("#/objective/mode", "expected min or max for this metric", "missing")


def _in_base(pointer: str) -> str:
    return "#/base" + pointer[1:]


def _parts(sweep: SweepSpec) -> Iterator[list[str]]:
    """Each pointer of each axis, split."""
    for pointers in sweep.axes():
        for pointer in pointers.split(","):
            yield pointer.split("/")[1:]


def _varied(sweep: SweepSpec, *fields: str) -> bool:
    """Whether an axis changes one of these fields of the base, or a part of it."""
    return any(part[:1] == [field] for part in _parts(sweep) for field in fields)


def _renamed(sweep: SweepSpec) -> bool:
    """Whether an axis may change which hidden layers there are."""
    return any(
        part[:1] == ["layers"] and (len(part) < 3 or part[2] in ("type", "repeat", "activation"))
        for part in _parts(sweep)
    )


def _axes(sweep: SweepSpec) -> Iterator[FieldError]:
    for pointer, axis in sweep.axes().items():
        place = "#/parameters/" + jsonpointer.escape(pointer)
        if sweep.search == "grid" and axis.choices is None:
            detail = "a grid needs a list of values; use search random or tpe for a range"
            yield FieldError(place, detail, "not_allowed", axis.model_dump())
        for part in pointer.split(","):
            if not part.startswith("/"):
                yield FieldError(place, "expected a JSON pointer into base, which starts with /", "pointer", part)
            elif part.split("/")[1] in _OF_NO_RESULT:
                detail = "this field changes no result; use repeats for several seeds"
                yield FieldError(place, detail, "not_allowed", part)
            elif sweep.search != "grid" or axis.choices:
                yield from _reachable(sweep, part, axis, place)


def _reachable(sweep: SweepSpec, pointer: str, axis: Axis, place: str) -> Iterator[FieldError]:
    parameters: dict[str, JsonValue] = {other: more.first for other, more in sweep.axes().items()}
    try:
        put(sweep.base, parameters | {pointer: axis.first})
    except (LookupError, ValueError, TypeError) as error:
        yield FieldError(place, f"base has no such field: {error}", "pointer", pointer)


def _field_error(error: ErrorDetails) -> FieldError:
    """Pydantic's error in words that name what is allowed."""
    path = [part for part in error["loc"] if part != "choice"]  # a list is given without that name
    pointer = "#" + jsonpointer.JsonPointer.from_parts(path).path
    got = error.get("input")
    detail = error["msg"].removeprefix("Value error, ")
    model = _model_at(path)
    if error["type"] == "extra_forbidden":
        detail = f"there is no such field; allowed: {', '.join(_names(_model_at(path[:-1])))}"
    elif error["type"] in ("model_type", "dict_type") and model is not None:
        kind = "a list of values, or an object with one of" if model is Axis else "an object with"
        detail = f"expected {kind} {', '.join(_names(model))}"
    return FieldError(pointer, detail, error["type"], got if len(json.dumps(got, default=str)) <= _LONGEST else None)


def _model_at(path: Sequence[str | int]) -> type[Frozen] | None:
    if not path:
        return SweepSpec
    if path[0] == "parameters":
        return Axis if len(path) == 2 else None
    return _MODELS.get(str(path[0])) if len(path) == 1 else None


def _names(model: type[Frozen] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []
