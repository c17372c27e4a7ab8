"""Cancel, pause, resume and retry one experiment."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import StoreDep
from api.experiments.answers import stored
from api.openapi.answers import Answer, json_answer, problems
from api.parameters import ExperimentId
from api.tickets import wake
from satnet.records.schema import ExperimentDocument
from satnet.records.status import TERMINAL
from satnet.store import Store

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


def _answer(description: str) -> Answer:
    return json_answer(description, ExperimentDocument, "ETag", "Retry-After")


@router.post(
    "/{experiment_id}/cancel",
    responses={
        200: json_answer("It was over already.", ExperimentDocument, "ETag"),
        202: _answer("It is cancelled, or will be in a moment."),
        **problems(404),
    },
)
def cancel_experiment(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Cancel an experiment.

    A queued or paused one is cancelled at once, a running one at the end of its current slice of training (202). One
    that is over already stays as it is (200).
    """
    before = store.cancel(experiment_id)
    return stored(store, experiment_id, 200 if before in TERMINAL else 202)


@router.post(
    "/{experiment_id}/pause",
    responses={
        200: _answer("It is paused."),
        202: _answer("It runs to the end of its epoch and is paused then."),
        **problems(404, 409),
    },
)
def pause_experiment(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Pause an experiment.

    A queued one is paused at once (200). A running one trains to the end of its epoch and keeps a checkpoint (202).
    """
    before = store.pause(experiment_id)
    return stored(store, experiment_id, 202 if before == "running" else 200)


@router.post(
    "/{experiment_id}/resume",
    status_code=202,
    responses={202: _answer("It is queued again."), **problems(404, 409)},
)
def resume_experiment(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Queue a paused, failed or cancelled experiment again; it goes on from its last checkpoint."""
    store.resume(experiment_id)
    return _queued_again(store, experiment_id)


@router.post(
    "/{experiment_id}/retry",
    status_code=202,
    responses={202: _answer("It is queued again."), **problems(404, 409)},
)
def retry_experiment(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Queue a failed or cancelled experiment again; it starts from epoch 0."""
    store.resume(experiment_id, anew=True)
    return _queued_again(store, experiment_id)


def _queued_again(store: Store, experiment_id: str) -> Response:
    wake(store.queue_of(experiment_id))
    return stored(store, experiment_id, 202)
