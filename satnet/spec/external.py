"""A network that was trained elsewhere: what its records need beside them to be diagnosed."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from satnet.errors import FieldError, InvalidSpec
from satnet.spec.hidden import PlannedActivation
from satnet.spec.named import Frozen

Label = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=1)]


class ExternalLayer(Frozen):
    """One hidden activation, in the network's order."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    activation: Annotated[str, Field(min_length=1, max_length=100)]
    parameters: dict[str, float | bool] = {}
    batch_normalization: Literal["none", "before_activation", "after_activation"] = "none"
    initializer: str | None = None
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
    layers: Annotated[list[ExternalLayer], Field(max_length=500)]
    epochs: Count

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


def parse_external(data: dict[str, Any]) -> ExternalSpec:
    """The external network in `data`. Raises InvalidSpec."""
    try:
        return ExternalSpec.model_validate(data)
    except ValidationError as error:
        errors = [
            FieldError("#/" + "/".join(map(str, one["loc"])), one["msg"], one["type"], one.get("input"))
            for one in error.errors(include_url=False)
        ]
        raise InvalidSpec(errors) from error


def stored_external(content: dict[str, Any]) -> ExternalSpec:
    """Back from `to_json`."""
    told = {key: value for key, value in content.items() if key not in ("training", "cross_validation", "priority")}
    return ExternalSpec.model_validate(told | {"epochs": content["training"]["epochs"]})
