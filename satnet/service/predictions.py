"""Outputs of a trained model, computed by a worker."""

from collections.abc import Sequence

from pydantic import JsonValue

from satnet.errors import BadRequest, Conflict, NotFound, WorkerUnavailable
from satnet.records.schema import ExperimentDocument
from satnet.store import Store

PATIENCE = 20.0  # seconds for a worker to answer


def predict(store: Store, experiment_id: str, instances: Sequence[JsonValue]) -> list[JsonValue]:
    """One output a raw row.

    Raises:
        NotFound: no such experiment, or it kept no model.
        Conflict: it has not succeeded.
        BadRequest: the rows do not fit the model.
        WorkerUnavailable: no worker answered within 20 s.
    """
    require_model(store.get(experiment_id))
    if not store.workers():
        raise WorkerUnavailable("no worker is running that could compute predictions")
    reply = store.request_prediction(experiment_id, instances, PATIENCE)
    if reply is None:
        raise WorkerUnavailable(f"no worker answered within {PATIENCE:g} s")
    if "error" in reply:
        errors = {BadRequest.code: BadRequest, NotFound.code: NotFound}
        raise errors.get(reply["code"], WorkerUnavailable)(reply["error"])
    return reply["predictions"]


def require_model(document: ExperimentDocument) -> None:
    """Raises Conflict or NotFound where the experiment has no trained model."""
    if document["status"] != "succeeded":
        raise Conflict(f"{document['id']} is {document['status']}: only a succeeded experiment has a model")
    if not document["summary"] or not document["summary"].get("model"):
        raise NotFound(f"{document['id']} kept no model")
