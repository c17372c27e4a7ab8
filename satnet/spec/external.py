"""A network that was trained elsewhere: what its records need beside them to be diagnosed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from jsonpointer import JsonPointer
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from satnet.errors import FieldError, InvalidSpec
from satnet.spec.hidden import PlannedActivation
from satnet.spec.named import Frozen

Label = Annotated[str, Field(min_length=1, max_length=64)]
MOST_LAYERS = 200
_COMPUTED = ("training", "cross_validation", "priority")  # of the document's spec, not of the body
Count = Annotated[int, Field(ge=1)]


class ExternalLayer(Frozen):
    """One hidden activation, in the network's order."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    activation: Annotated[str, Field(min_length=1, max_length=100)]
    parameters: Annotated[dict[Label, float | bool], Field(max_length=16)] = {}
    batch_normalization: Literal["none", "before_activation", "after_activation"] = "none"
    initializer: Annotated[str, Field(max_length=100)] | None = None
    place: Annotated[int, Field(ge=0)]  # of the layer with the kernel, in the model's own list
    fan_in: Count | None = None
    fan_out: Count | None = None


class ExternalSpec(Frozen):
    """The body of a POST with kind external; SaturationMonitor writes it."""

    kind: Literal["external"]
    name: Annotated[str, Field(max_length=100)] | None = None
    labels: Annotated[dict[Label, Annotated[str, Field(max_length=256)]], Field(max_length=16)] = {}
    loss: Annotated[str, Field(min_length=1, max_length=100)]
    output_activation: Annotated[str, Field(min_length=1, max_length=100)]
    optimizer: Annotated[str, Field(min_length=1, max_length=100)]
    learning_rate: Annotated[float, Field(gt=0)]
    layers: Annotated[list[ExternalLayer], Field(max_length=MOST_LAYERS)]
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]

    def planned(self) -> tuple[PlannedActivation, ...]:
        """The hidden layers as the rules look at them."""
        return tuple(
            PlannedActivation(
                one.name,
                one.activation,
                dict(one.parameters),
                one.place if one.fan_in else None,
                one.place,
                one.batch_normalization,
                one.fan_in,
                one.fan_out,
            )
            for one in self.layers
        )

    def to_json(self) -> dict[str, Any]:
        """The form that stands as the document's spec."""
        content = self.model_dump(mode="json", exclude={"epochs"})
        return content | {"training": {"epochs": self.epochs}, "cross_validation": None}


def parse_external(data: object) -> ExternalSpec:
    """The external network in `data`. Raises InvalidSpec."""
    try:
        return ExternalSpec.model_validate(data)
    except ValidationError as error:
        raise InvalidSpec([_field_error(one) for one in error.errors(include_url=False)]) from error


def _field_error(error: ErrorDetails) -> FieldError:
    """Pydantic's error with a JSON pointer, and what is allowed where a field is unknown."""
    detail = error["msg"]
    if error["type"] == "extra_forbidden":
        model = ExternalLayer if error["loc"][0] == "layers" else ExternalSpec
        detail = f"there is no such field; allowed: {', '.join(model.model_fields)}"
    return FieldError("#" + JsonPointer.from_parts(error["loc"]).path, detail, error["type"], error.get("input"))


def stored_external(content: Mapping[str, Any]) -> ExternalSpec:
    """Back from `to_json`."""
    own = {key: value for key, value in content.items() if key not in _COMPUTED}
    return ExternalSpec.model_validate({**own, "epochs": content["training"]["epochs"]})
