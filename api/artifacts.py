"""What an experiment leaves besides numbers: its model, its program, predictions."""

import re
from typing import Any

from fastapi import APIRouter, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from satnet.errors import BadRequest, Conflict, NotFound, WorkerUnavailable
from satnet.script.program import to_script
from satnet.service.artifacts import Artifacts, model_name
from satnet.spec import parse_spec

router = APIRouter(prefix="/v1/experiments", tags=["artifacts"])
_PATIENCE = 20.0  # seconds for a worker to answer


@router.get("/{experiment_id}/script", response_class=Response)
def script(experiment_id: str, store: StoreDep) -> Response:
    """The same experiment as a stand-alone Keras program."""
    document = store.get(experiment_id)
    if document["kind"] != "experiment":
        raise Conflict(f"{experiment_id} was trained elsewhere: its program is its author's")
    title = re.sub(r"[^\w .:-]", "", f"{document['name'] or 'experiment'} {experiment_id}")
    text = to_script(parse_spec(document["spec"]), title)
    headers = {"Content-Disposition": f'attachment; filename="{experiment_id}.py"'}
    return Response(text, media_type="text/x-python", headers=headers)


@router.get("/{experiment_id}/model", response_class=Response)
def model(experiment_id: str, store: StoreDep, settings: SettingsDep) -> Response:
    """The trained model; it takes raw rows."""
    _trained(store.get(experiment_id))
    content = Artifacts(settings.artifacts).get(model_name(experiment_id))
    headers = {"Content-Disposition": f'attachment; filename="{experiment_id}.keras"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/{experiment_id}/predict")
def predict(experiment_id: str, store: StoreDep, body: BodyDep) -> dict[str, Any]:
    """Outputs of the trained model for raw rows; a worker computes them."""
    unknown = [key for key in body if key != "instances"]
    if unknown or not isinstance(body.get("instances"), list) or not body["instances"]:
        raise BadRequest("an object with instances, a list of rows, is needed")
    _trained(store.get(experiment_id))
    if not store.workers():
        raise WorkerUnavailable("no worker was seen that could compute predictions")
    reply = store.request_prediction(experiment_id, body["instances"], _PATIENCE)
    if reply is None:
        raise WorkerUnavailable(f"no worker answered within {_PATIENCE:g} s")
    if "error" in reply:
        kinds = {BadRequest.code: BadRequest, NotFound.code: NotFound}
        raise kinds.get(reply["code"], WorkerUnavailable)(reply["error"])
    return {"predictions": reply["predictions"]}


def _trained(document: dict[str, Any]) -> None:
    if document["status"] != "succeeded":
        raise Conflict(f"{document['id']} is {document['status']}: only a succeeded experiment keeps its model")
    if not (document["summary"] or {}).get("model"):
        raise NotFound(f"{document['id']} keeps no model")
