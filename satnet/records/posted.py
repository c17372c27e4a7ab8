"""Epoch records that come from outside: what is checked before they are stored."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from satnet.errors import FieldError, InvalidSpec

Number = float | None


class PostedMetrics(BaseModel):
    """Loss and accuracy; null if not measured."""

    model_config = ConfigDict(extra="allow")

    loss: Number
    accuracy: Number


class PostedLayer(BaseModel):
    """A hidden layer's record; null where a quantity is not defined for its activation."""

    model_config = ConfigDict(extra="allow")

    name: str
    activation: str
    units: Annotated[int, Field(ge=1)]
    saturated_fraction: Number
    saturated_low: Number
    saturated_high: Number
    saturated_unit_fraction: Number
    dead_unit_fraction: Number
    inactive_fraction: Number
    dormant_unit_fraction: Number
    gate: Number
    preactivation: dict[str, Number]
    delta_rms: Number
    gradient_rms: Number
    update_ratio: Number
    movement: Number
    weight_std: Number
    weight_std_target: Number
    non_finite: Annotated[int, Field(ge=0)]


class PostedNetwork(BaseModel):
    """Quantities of the whole network."""

    model_config = ConfigDict(extra="allow")

    vanish_ratio: Number
    gate_decades: Number
    weight_decades: Number
    loss_over_chance: Number
    saturated_wrong: Number


class PostedRecord(BaseModel):
    """A measured epoch; the fields that rules and charts rely on are checked."""

    model_config = ConfigDict(extra="allow")

    epoch: Annotated[int, Field(ge=0)]
    fold: None = None
    seconds: Annotated[float, Field(ge=0)]
    train: PostedMetrics
    validation: PostedMetrics
    layers: list[PostedLayer]
    network: PostedNetwork
    units: dict[str, dict[str, Any]] | None = None


class PostedEpochs(BaseModel):
    """Records in any order, and how training ended if these are the last."""

    model_config = ConfigDict(extra="forbid")

    data: Annotated[list[PostedRecord], Field(max_length=1000)] = []
    end: Literal["succeeded", "failed", "cancelled"] | None = None
    message: Annotated[str, Field(max_length=500)] | None = None


def parse_epochs(body: object) -> PostedEpochs:
    """The posted records. Raises InvalidSpec."""
    try:
        return PostedEpochs.model_validate(body)
    except ValidationError as error:
        errors = [
            FieldError("#/" + "/".join(map(str, one["loc"])), one["msg"], one["type"])
            for one in error.errors(include_url=False)
        ]
        raise InvalidSpec(errors) from error
