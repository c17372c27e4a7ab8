"""Outputs of a trained model, computed by a worker."""

from collections.abc import Sequence

from pydantic import JsonValue

from satnet.errors import BadRequest, Conflict, DamagedArtifact, NotFound, WorkerUnavailable
from satnet.records.schema import ExperimentDocument, ModelFile
from satnet.store import Store

PATIENCE = 20.0  # seconds for a worker to answer


def predict(store: Store, experiment_id: str, instances: Sequence[JsonValue]) -> list[JsonValue]:
    """One output a raw row.

    Raises:
        NotFound: no such experiment, or it kept no model.
        Conflict: it has not succeeded.
        BadRequest: the rows do not fit the model.
        DamagedArtifact: the model's file is not the one that was stored.
        WorkerUnavailable: no worker answered within 20 s.
    """
    model = require_model(store.get(experiment_id))
    if not store.workers():
        raise WorkerUnavailable("no worker is running that could compute predictions")
    reply = store.request_prediction(experiment_id, model["sha256"], instances, PATIENCE)
    if reply is None:
        raise WorkerUnavailable(f"no worker answered within {PATIENCE:g} s")
    if "error" in reply:
        errors = {error.code: error for error in (BadRequest, NotFound, DamagedArtifact)}
        raise errors.get(reply["code"], WorkerUnavailable)(reply["error"])
    return reply["predictions"]


def require_model(document: ExperimentDocument) -> ModelFile:
    """The experiment's trained model. Raises Conflict or NotFound where it has none."""
    if document["status"] != "succeeded":
        raise Conflict(f"{document['id']} is {document['status']}: only a succeeded experiment has a model")
    model = document["summary"].get("model") if document["summary"] else None
    if model is None:
        raise NotFound(f"{document['id']} kept no model")
    return model
