"""Outputs of a trained model, computed by a worker."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from satnet.errors import BadRequest, Conflict, DamagedArtifact, FieldError, NotFound, WorkerUnavailable
from satnet.records.schema import ExperimentDocument, ModelFile
from satnet.service.instances import require_numbers
from satnet.store import Store
from satnet.store.predictions import PredictionReply

PATIENCE = 20.0  # seconds for a worker to answer
MOST_INSTANCES = 10_000  # rows of one request


async def predict(store: Store, experiment_id: str, instances: Sequence[JsonValue]) -> PredictionReply:
    """One output a raw row, and the classes' names where the model knows them. Cancelling it withdraws the request.

    Raises:
        NotFound: no such experiment, or it kept no model.
        Conflict: it has not succeeded.
        BadRequest: the rows do not fit the model, or are too many.
        DamagedArtifact: the model's file is not the one that was stored.
        WorkerUnavailable: no worker is known, or none answered within 20 s.
    """
    if len(instances) > MOST_INSTANCES:
        raise BadRequest(f"instances: at most {MOST_INSTANCES} rows in a request, got {len(instances)}")
    name = await asyncio.to_thread(_ask, store, experiment_id, instances)
    try:
        reply = await store.prediction_reply(name, PATIENCE)
    except asyncio.CancelledError:
        await asyncio.to_thread(store.forget_prediction, name)
        raise
    if reply is None:
        raise WorkerUnavailable(f"no worker answered within {PATIENCE:g} s")
    if "error" in reply:
        if reply["code"] == BadRequest.code:
            raise BadRequest(reply["error"], [FieldError(**place) for place in reply.get("errors", ())])
        errors = {one.code: one for one in (DamagedArtifact, NotFound)}
        raise errors.get(reply["code"], WorkerUnavailable)(reply["error"])
    return reply


def _ask(store: Store, experiment_id: str, instances: Sequence[JsonValue]) -> str:
    """The name of the request."""
    document = store.get(experiment_id)
    model = require_model(document)
    if not str(document["spec"]["dataset"].get("name")).startswith("ds_"):  # else the worker knows what its rows hold
        require_numbers(instances)
    if not store.workers():
        raise WorkerUnavailable("no worker is running that could compute predictions")
    name = store.request_prediction(experiment_id, model["sha256"], instances, PATIENCE)
    if name is None:
        raise WorkerUnavailable("too many predictions are waiting for a worker")
    return name


def require_model(document: ExperimentDocument) -> ModelFile:
    """The trained model's size and SHA-256. Raises Conflict or NotFound where there is none."""
    if document["status"] != "succeeded":
        raise Conflict(f"{document['id']} is {document['status']}: only a succeeded experiment has a model")
    model = document["summary"].get("model") if document["summary"] else None
    if not model:
        raise NotFound(f"{document['id']} kept no model")
    return model
