"""The sweep spec: CONTRACT section 4 as pydantic models, checked before anything is stored."""

import copy
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, ValidationError, model_serializer, model_validator
from pydantic_core import CoreSchema

from satnet.errors import FieldError, InvalidSpec
from satnet.spec import ExperimentSpec, parse_spec
from satnet.spec.named import Frozen
from satnet.sweeps import objective as objectives
from satnet.sweeps.points import choices, put

MOST_TRIALS = 5000
_KINDS = ("choice", "uniform", "log_uniform", "int")
_FIELDS = {"int": "integer"}  # where a field cannot have its kind's name
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class Range(Frozen):
    """One axis: a list of values, or an object with one of the others, which are [low, high], both inclusive."""

    choice: Annotated[list[Any], Field(min_length=1, max_length=1000)] | None = None
    uniform: Pair | None = None
    log_uniform: Pair | None = None
    integer: Annotated[list[int], Field(min_length=2, max_length=2)] | None = Field(None, alias="int")

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {"choice": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one(self) -> "Range":
        given = [kind for kind in _KINDS if getattr(self, _FIELDS.get(kind, kind)) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a list, or exactly one of {', '.join(_KINDS)} is needed, got {', '.join(given) or 'none'}"
            )
        if self.choice is None:
            low, high = getattr(self, _FIELDS.get(given[0], given[0]))
            if not low < high:
                raise ValueError(f"{given[0]}: [low, high] with low < high is needed, got [{low}, {high}]")
            if self.log_uniform and low <= 0:
                raise ValueError(f"log_uniform: low must be above 0, got {low}")
        return self

    @model_serializer
    def _as_given(self) -> Any:
        if self.choice is not None:
            return self.choice
        return next({kind: value} for kind in _KINDS if (value := getattr(self, _FIELDS.get(kind, kind))) is not None)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        pair = {"type": "array", "minItems": 2, "maxItems": 2}
        ranges = {kind: pair | {"items": {"type": "integer" if kind == "int" else "number"}} for kind in _KINDS[1:]}
        kinds = {"choice": {"type": "array", "minItems": 1}} | ranges
        alone = [
            {"type": "object", "properties": {kind: told}, "required": [kind], "additionalProperties": False}
            for kind, told in kinds.items()
        ]
        return {"anyOf": [{"type": "array", "minItems": 1}, *alone]}


class Objective(Frozen):
    """What is best: a field of an epoch's record, at the last measured epoch or at the trial's best one."""

    metric: str = "validation.loss"
    mode: Literal["min", "max"] | None = None
    at: Literal["last", "best"] = "last"

    @property
    def sign(self) -> float:
        """1 where more is better."""
        return 1.0 if self.mode == "max" else -1.0


class Asha(Frozen):
    """Asynchronous successive halving (Li et al. 2020): at each rung, one in `reduction_factor` goes on."""

    name: Literal["asha"]
    min_epochs: Annotated[int, Field(ge=1)] = 1
    reduction_factor: Annotated[int, Field(ge=2, le=10)] = 3


class SweepSpec(Frozen):
    """One question over many experiments."""

    name: Annotated[str, Field(max_length=100)] | None = None
    base: dict[str, Any]
    parameters: Annotated[dict[str, Range], Field(min_length=1, max_length=16)]
    search: Literal["grid", "random", "tpe"] = "grid"
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] | None = None
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    objective: Objective = Objective()
    early_termination: Asha | None = None
    stop_hopeless: bool = False
    side_by_side: bool = True
    reuse: bool = True
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None

    def axes(self) -> dict[str, Range]:
        """Pointers of the base, and what each may be."""
        return self.parameters

    @property
    def points(self) -> int:
        """How many different points are tried."""
        if self.search == "grid":
            return prod(len(choices(axis) or ()) for axis in self.axes().values())
        return self.trials or 0

    def to_json(self) -> dict[str, Any]:
        """The normalised sweep spec; `base` as it was given, with its seed."""
        return self.model_dump(mode="json", exclude_none=True)

    def spec_at(self, parameters: Mapping[str, Any], repeat: int) -> ExperimentSpec:
        """The experiment at a point. Raises InvalidSpec, also where a point alone takes the validation rows away."""
        try:
            changed = put(self.base, parameters)
        except (LookupError, ValueError, TypeError) as error:
            raise InvalidSpec([FieldError("#", f"the point leads nowhere in base: {error}", "pointer")]) from error
        changed["seed"] = (int(changed["seed"]) + repeat) % 2**31
        spec = parse_spec(changed)
        if errors := list(_unfit(self, spec)):
            raise InvalidSpec(errors)
        return spec


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
        base = parse_spec(sweep.base)
    except InvalidSpec as error:
        told = [FieldError("#/base" + one.pointer[1:], one.detail, one.code, one.got) for one in error.errors]
        raise InvalidSpec(told) from error
    errors = list(_check(sweep, base))
    if errors:
        raise InvalidSpec(errors)
    seed = sweep.base.get("seed")
    drawn = secrets.randbelow(2**31) if seed is None else seed
    objective = sweep.objective.model_copy(
        update={"mode": sweep.objective.mode or objectives.usual_mode(sweep.objective.metric)}
    )
    completed = copy.deepcopy(sweep.base) | {"seed": drawn}
    own = sweep.seed if sweep.seed is not None else drawn
    return sweep.model_copy(update={"base": completed, "objective": objective, "seed": own})


def _check(sweep: SweepSpec, base: ExperimentSpec) -> Iterator[FieldError]:
    yield from _axes(sweep)
    if sweep.search == "grid" and sweep.trials is not None:
        yield FieldError(
            "#/trials", "a grid has as many trials as points; leave trials out", "not_allowed", sweep.trials
        )
    if sweep.search != "grid" and sweep.trials is None:
        yield FieldError("#/trials", f"search {sweep.search} needs a number of trials", "missing")
    if sweep.points * sweep.repeats > MOST_TRIALS:
        detail = f"{sweep.points} points x {sweep.repeats} repeats are more than {MOST_TRIALS} trials"
        yield FieldError("#/parameters", detail, "limit", sweep.points * sweep.repeats)
    for error in _unfit(sweep, base):
        if not _varied(sweep, "dataset", "cross_validation"):  # else each point is asked
            pointer = error.pointer if error.pointer == "#/early_termination" else "#/base" + error.pointer[1:]
            yield replace(error, pointer=pointer)
    problem = objectives.problem(sweep.objective.metric, base)
    if problem is None and not _renamed(sweep):
        problem = objectives.unknown_layer(sweep.objective.metric, base)
    if problem is not None:
        yield FieldError("#/objective/metric", problem, "not_allowed", sweep.objective.metric)
    if sweep.objective.mode is None and objectives.usual_mode(sweep.objective.metric) is None:
        yield FieldError("#/objective/mode", "min or max is needed for this metric", "missing")


def _unfit(sweep: SweepSpec, spec: ExperimentSpec) -> Iterator[FieldError]:
    """Why a valid spec is no trial of this sweep."""
    if not spec.dataset.validation_fraction and spec.cross_validation is None:
        detail = (
            "a sweep chooses by validation rows and never by the test rows: "
            "set dataset.validation_fraction or cross_validation"
        )
        got = spec.dataset.validation_fraction
        yield FieldError("#/dataset/validation_fraction", detail, "no_validation_rows", got)
    if sweep.early_termination is not None and spec.cross_validation is not None:
        detail = "a trial with folds cannot end early: its later folds would be missing"
        yield FieldError("#/early_termination", detail, "contradiction")


def _varied(sweep: SweepSpec, *fields: str) -> bool:
    """Whether an axis changes one of these fields of the base, or a part of it."""
    return any(part.split("/")[1:2] == [field] for axis in sweep.axes() for part in axis.split(",") for field in fields)


def _renamed(sweep: SweepSpec) -> bool:
    """Whether an axis may change which hidden layers there are."""
    places = [part.split("/")[1:] for axis in sweep.axes() for part in axis.split(",")]
    return any(
        place[:1] == ["layers"] and (len(place) < 3 or place[2] in ("type", "repeat", "activation")) for place in places
    )


def _axes(sweep: SweepSpec) -> Iterator[FieldError]:
    for pointer, axis in sweep.axes().items():
        place = "#/parameters/" + pointer.replace("~", "~0").replace("/", "~1")
        if sweep.search == "grid" and choices(axis) is None:
            yield FieldError(
                place,
                "a grid needs a list of values; use search random or tpe for a range",
                "not_allowed",
                axis.model_dump(),
            )
        for part in pointer.split(","):
            if not part.startswith("/"):
                yield FieldError(place, "a JSON pointer into base starts with /", "pointer", part)
            elif part.split("/")[1] in ("seed", "name", "labels", "keep", "priority"):
                yield FieldError(place, "use repeats for seeds; names and labels change no result", "not_allowed", part)
            elif sweep.search != "grid" or choices(axis):
                yield from _reachable(sweep, part, axis, place)


def _reachable(sweep: SweepSpec, pointer: str, axis: Range, place: str) -> Iterator[FieldError]:
    first = (choices(axis) or [None])[0]
    try:
        put(
            sweep.base, {other: (choices(more) or [None])[0] for other, more in sweep.axes().items()} | {pointer: first}
        )
    except (LookupError, ValueError, TypeError) as error:
        yield FieldError(place, f"there is no such place in base: {error}", "pointer", pointer)


def _field_error(error: Any) -> FieldError:
    """Pydantic's error in words that name what is allowed."""
    path = [part for part in error["loc"] if part != "choice"]  # a list is given without that name
    pointer = "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    got = error.get("input")
    detail = error["msg"].removeprefix("Value error, ")
    model = _model_at(path)
    if error["type"] == "extra_forbidden":
        detail = f"there is no such field; allowed: {', '.join(_names(_model_at(path[:-1])))}"
    elif error["type"] in ("model_type", "dict_type") and model is not None:
        some = "a list of values, or an object with one of" if model is Range else "an object with"
        detail = f"{some} {', '.join(_names(model))} is needed"
    return FieldError(pointer, detail, error["type"], got if len(json.dumps(got, default=str)) <= 200 else None)


def _model_at(path: Sequence[Any]) -> type[Frozen] | None:
    if not path:
        return SweepSpec
    if path[0] == "parameters":
        return Range if len(path) == 2 else None
    models: dict[Any, type[Frozen]] = {"objective": Objective, "early_termination": Asha}
    return models.get(path[0]) if len(path) == 1 else None


def _names(model: type[Frozen] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def json_schema() -> dict[str, Any]:
    """The sweep spec's JSON Schema (draft 2020-12)."""
    return SweepSpec.model_json_schema()
