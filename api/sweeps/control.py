"""Cancel, pause and resume one sweep, and run its failed trials again."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import SettingsDep, StoreDep
from api.openapi.answers import json_answer, problems
from api.parameters import SweepId
from api.tickets import wake
from satnet.records.schema import SweepDocument
from satnet.service import sweep_control, sweep_views

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])


@router.post(
    "/{sweep_id}/cancel",
    responses={
        200: json_answer("It was over already.", SweepDocument),
        202: json_answer("Its trials are cancelled, or will be in a moment.", SweepDocument),
        **problems(404),
    },
)
def cancel_sweep(sweep_id: SweepId, store: StoreDep, settings: SettingsDep) -> Response:
    """Cancel a sweep and its open trials (202); one that is over already stays as it is (200)."""
    stopped = sweep_control.cancel(store, settings, wake, sweep_id)
    return JSONResponse(sweep_views.document(store, sweep_id), 202 if stopped else 200)


@router.post(
    "/{sweep_id}/pause",
    status_code=202,
    responses={
        202: json_answer("Its trials pause, running ones at the end of their epoch.", SweepDocument),
        **problems(404, 409),
    },
)
def pause_sweep(sweep_id: SweepId, store: StoreDep, settings: SettingsDep) -> Response:
    """Pause a sweep: its running trials keep a checkpoint, and no new ones start."""
    sweep_control.pause(store, settings, wake, sweep_id)
    return JSONResponse(sweep_views.document(store, sweep_id), 202)


@router.post(
    "/{sweep_id}/resume",
    status_code=202,
    responses={202: json_answer("Its trials are queued again.", SweepDocument), **problems(404, 409)},
)
def resume_sweep(sweep_id: SweepId, store: StoreDep, settings: SettingsDep) -> Response:
    """Go on with a paused or cancelled sweep, each of its trials from its checkpoint."""
    sweep_control.resume(store, settings, wake, sweep_id)
    return JSONResponse(sweep_views.document(store, sweep_id), 202)


@router.post(
    "/{sweep_id}/rerun-failed",
    status_code=202,
    responses={202: json_answer("Its failed trials are queued again.", SweepDocument), **problems(404, 409)},
)
def rerun_failed_trials(sweep_id: SweepId, store: StoreDep, settings: SettingsDep) -> Response:
    """Start the trials that failed again from epoch 0, and no others."""
    sweep_control.rerun_failed(store, settings, wake, sweep_id)
    return JSONResponse(sweep_views.document(store, sweep_id), 202)
