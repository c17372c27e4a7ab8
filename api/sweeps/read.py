"""Sweeps, their trials, their best point and the importance of their parameters."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from api.deps import StoreDep
from api.openapi.answers import either, file, json_answer, problems
from api.parameters import AfterSweep, Limit, Owner, SweepId
from satnet.records.schema import BestAnswer, ImportanceAnswer, SweepDocument, SweepPage, TrialPage
from satnet.records.tables import to_csv
from satnet.service import sweep_views

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])
Status = Literal["running", "paused", "succeeded", "failed", "cancelled"]
Sort = Literal["trial", "value", "-value", "seconds", "-seconds"]


@router.get("", responses={200: json_answer("One page.", SweepPage), **problems()})
def list_sweeps(
    store: StoreDep,
    status: Annotated[Status | None, Query(description="Only sweeps in this status.")] = None,
    owner: Owner = None,
    limit: Limit = 20,
    after: AfterSweep = None,
) -> Response:
    """List sweeps, newest first, a page at a time; without their progress and best point."""
    sweeps, following = store.sweeps(status, limit, after, owner)
    data = [sweep_views.brief(one) for one in sweeps]
    return JSONResponse({"data": data, "has_more": following is not None, "next": following})


@router.get("/{sweep_id}", responses={200: json_answer("The sweep.", SweepDocument), **problems(404)})
def get_sweep(sweep_id: SweepId, store: StoreDep) -> Response:
    """Read one sweep: progress, the best point so far, and the seconds it may still take."""
    return JSONResponse(sweep_views.document(store, sweep_id))


@router.get(
    "/{sweep_id}/trials",
    responses={
        200: either(json_answer("Trials, or the same as CSV.", TrialPage), file("", "text/csv")),
        **problems(404),
    },
)
def list_trials(
    sweep_id: SweepId,
    store: StoreDep,
    status: Annotated[
        str | None,
        Query(description="Only trials in this status: an experiment's, `deleted`, or `invalid` for refused points."),
    ] = None,
    sort: Annotated[
        Sort, Query(description="By number, objective or seconds; `-` is descending. Trials without a value are last.")
    ] = "trial",
    format: Annotated[Literal["json", "csv"], Query(description="`csv`: one row a trial.")] = "json",
) -> Response:
    """List all trials, and the points that are no valid specs with the reason."""
    rows = sweep_views.trial_rows(store, sweep_id, status, sort)
    if format == "csv":
        return Response(to_csv([sweep_views.flat_row(row) for row in rows]), media_type="text/csv")
    return JSONResponse({"data": rows})


@router.get("/{sweep_id}/best", responses={200: json_answer("The ranking.", BestAnswer), **problems(404)})
def get_best(sweep_id: SweepId, store: StoreDep) -> Response:
    """Read the best point with its 95 % interval, and whether it beats the others by more than the noise."""
    return JSONResponse(sweep_views.best(store, sweep_id))


@router.get(
    "/{sweep_id}/importance", responses={200: json_answer("Shares by parameter.", ImportanceAnswer), **problems(404)}
)
def get_importance(
    sweep_id: SweepId,
    store: StoreDep,
    method: Annotated[Literal["fanova", "ped_anova"], Query(description="Optuna's evaluator.")] = "fanova",
) -> Response:
    """Read how much of the objective's variance each parameter explains, largest share first."""
    return JSONResponse(sweep_views.importance(store, sweep_id, method))
