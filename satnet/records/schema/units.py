"""Per-unit arrays, which are stored beside the epoch record, and what is answered of both."""

from typing import Annotated, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.epoch import EpochRecord, Number


@with_config(extra="forbid")
class UnitArrays(TypedDict):
    """Per-unit numbers of one layer, one entry a unit; null where the number has no meaning for the layer."""

    saturated_low: Annotated[list[Number] | None, About("Share of rows saturated on the low side.")]
    saturated_high: Annotated[list[Number] | None, About("Share of rows saturated on the high side.")]
    active: Annotated[list[Number] | None, About("relu family: share of rows with z > 0.")]
    gate: Annotated[list[Number] | None, About("Mean |f'(z)| over the unsaturated slope.")]
    mean_abs: Annotated[list[Number] | None, About("Mean |a|.")]
    mean: Annotated[list[Number] | None, About("Mean a.")]
    piece_share: Annotated[list[list[Number]] | None, About("maxout: share of rows that each linear piece wins.")]


Units = dict[str, UnitArrays]  # layer -> its arrays


@with_config(extra="forbid")
class MeasuredEpoch(EpochRecord):
    """A record as it is measured: with the per-unit arrays, which are stored apart."""

    units: NotRequired[Annotated[Units | None, About("Per-unit arrays by layer.")]]


class EpochPage(TypedDict):
    """GET /v1/experiments/{id}/epochs."""

    data: Annotated[list[EpochRecord], About("Measured epochs in order.")]


class UnitsAnswer(TypedDict):
    """GET /v1/experiments/{id}/units."""

    epoch: Annotated[int, About("The epoch of the arrays.")]
    fold: Annotated[int | None, About("The fold; null without cross-validation.")]
    layers: Annotated[Units, About("Per-unit arrays by layer.")]
