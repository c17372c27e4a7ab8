"""Epoch records and per-unit arrays of one experiment, and records that are posted from outside."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.openapi.answers import either, file, json_answer, problems
from api.openapi.bodies import json_body
from api.parameters import MOST_EPOCH, ExperimentId, Fold
from satnet.errors import NotFound
from satnet.records.posted import PostedEpochs, parse_epochs
from satnet.records.schema import EpochPage, ExperimentDocument, UnitsAnswer
from satnet.records.tables import epoch_rows, to_csv
from satnet.service.external import take_epochs

router = APIRouter(prefix="/v1/experiments", tags=["measurements"])


@router.get(
    "/{experiment_id}/epochs",
    responses={
        200: either(json_answer("Records in order, or the same as CSV.", EpochPage), file("", "text/csv")),
        **problems(404),
    },
)
def list_epochs(
    experiment_id: ExperimentId,
    store: StoreDep,
    after_epoch: Annotated[int | None, Query(ge=-1, le=MOST_EPOCH, description="Only epochs after this one.")] = None,
    fold: Fold = None,
    format: Annotated[Literal["json", "csv"], Query(description="`csv`: one row an epoch and layer.")] = "json",
) -> Response:
    """Read what was measured: one record an epoch, from epoch 0 (before any update) on."""
    records = store.epochs(experiment_id, after_epoch, fold)
    if format == "json":
        return JSONResponse({"data": records})
    return Response(to_csv(epoch_rows(records)), media_type="text/csv")


@router.post(
    "/{experiment_id}/epochs",
    responses={
        200: json_answer("The experiment with its new findings.", ExperimentDocument),
        **problems(404, 409, body=True),
    },
    openapi_extra=json_body(PostedEpochs),
)
def add_epochs(experiment_id: ExperimentId, store: StoreDep, settings: SettingsDep, body: BodyDep) -> Response:
    """Send records of an external experiment, at most 1,000 in a request.

    They may come in any order; an epoch that is known already changes nothing. `end` says how training ended, and
    after it no more records are taken. `SaturationMonitor` sends these for you.
    """
    take_epochs(store, settings, experiment_id, parse_epochs(body))
    return JSONResponse(store.get(experiment_id))


@router.get(
    "/{experiment_id}/units",
    responses={200: json_answer("Arrays by layer.", UnitsAnswer), **problems(404)},
)
def get_units(
    experiment_id: ExperimentId,
    store: StoreDep,
    layer: Annotated[str | None, Query(description="Only this hidden layer; all by default.")] = None,
    epoch: Annotated[
        int | None, Query(ge=0, le=MOST_EPOCH, description="The latest epoch that is kept by default.")
    ] = None,
    fold: Fold = None,
) -> Response:
    """Read per-unit arrays of one measured epoch, by layer."""
    units = store.units(experiment_id, epoch, fold)
    if units is None:
        which = "any epoch" if epoch is None else f"epoch {epoch}"
        raise NotFound(f"{experiment_id} keeps no per-unit arrays of {which}")
    if layer is None:
        return JSONResponse(units)
    if layer not in units["layers"]:
        raise NotFound(f"{experiment_id} has no hidden layer {layer}; it has {', '.join(units['layers'])}")
    return JSONResponse(units | {"layers": {layer: units["layers"][layer]}})
