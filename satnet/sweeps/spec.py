"""The sweep spec as pydantic models; `parse` checks one."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from satnet.errors import FieldError, InvalidSpec
from satnet.records.schema import Parameters
from satnet.spec import ExperimentSpec, parse_spec
from satnet.spec.named import Frozen
from satnet.sweeps.axis import Axis
from satnet.sweeps.eligibility import unfit
from satnet.sweeps.points import put

MOST_TRIALS = 5000


class Objective(Frozen):
    """What is best: a field of the epoch record, at the last measured epoch or at the trial's best one."""

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
    base: dict[str, JsonValue]
    parameters: Annotated[dict[str, Axis], Field(min_length=1, max_length=16)]
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

    def axes(self) -> dict[str, Axis]:
        """JSON pointers into the base, and the values of each."""
        return self.parameters

    @property
    def points(self) -> int:
        """How many different points are tried."""
        if self.search == "grid":
            return prod(len(axis.choices or ()) for axis in self.axes().values())
        return self.trials or 0

    def to_json(self) -> dict[str, Any]:
        """The normalised sweep spec; `base` as it was given, with its seed."""
        return self.model_dump(mode="json", exclude_none=True)

    def spec_at(self, parameters: Parameters, repeat: int) -> ExperimentSpec:
        """The experiment at a point. Raises InvalidSpec, also where the point leaves no validation rows."""
        try:
            changed: Mapping[str, Any] = put(self.base, parameters)
        except (LookupError, ValueError, TypeError) as error:
            raise InvalidSpec([FieldError("#", f"base cannot take the point's values: {error}", "pointer")]) from error
        spec = parse_spec({**changed, "seed": (int(changed["seed"]) + repeat) % 2**31})
        if errors := list(unfit(spec, early_termination=self.early_termination is not None)):
            raise InvalidSpec(errors)
        return spec


def json_schema() -> dict[str, Any]:
    """The sweep spec's JSON Schema (draft 2020-12)."""
    return SweepSpec.model_json_schema()
