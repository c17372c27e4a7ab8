"""What a finished experiment leaves besides numbers: its model, its program, predictions."""

import re

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.openapi.answers import file, json_answer, problems
from api.openapi.bodies import PredictRequest, json_body
from api.openapi.schemas import Predictions
from api.parameters import ExperimentId
from satnet.errors import BadRequest, Conflict
from satnet.script.program import to_script
from satnet.service.artifacts import Artifacts, model_name
from satnet.service.predictions import predict, require_model
from satnet.spec import parse_spec

router = APIRouter(prefix="/v1/experiments", tags=["artifacts"])


@router.get(
    "/{experiment_id}/script",
    response_class=Response,
    responses={200: file("The program.", "text/x-python", "Content-Disposition"), **problems(404, 409)},
)
def get_script(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Download the experiment as a stand-alone Keras program."""
    document = store.get(experiment_id)
    if document["kind"] != "experiment":
        raise Conflict(f"{experiment_id} was trained elsewhere: there is no spec to write a program from")
    title = re.sub(r"[^\w .:-]", "", f"{document['name'] or 'experiment'} {experiment_id}")
    text = to_script(parse_spec(document["spec"]), title)
    headers = {"Content-Disposition": f'attachment; filename="{experiment_id}.py"'}
    return Response(text, media_type="text/x-python", headers=headers)


@router.get(
    "/{experiment_id}/model",
    response_class=Response,
    responses={
        200: file("The model.", "application/octet-stream", "Content-Disposition", binary=True),
        **problems(404, 409),
    },
)
def get_model(experiment_id: ExperimentId, store: StoreDep, settings: SettingsDep) -> Response:
    """Download the trained model as a `.keras` file; it takes raw rows, standardization is its first layer."""
    model = require_model(store.get(experiment_id))
    content = Artifacts(settings.artifacts).get_verified(model_name(experiment_id), model["sha256"])
    headers = {"Content-Disposition": f'attachment; filename="{experiment_id}.keras"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post(
    "/{experiment_id}/predict",
    responses={200: json_answer("One output a row.", Predictions), **problems(404, 409, 413, 415)},
    openapi_extra=json_body(PredictRequest),
)
def predict_rows(experiment_id: ExperimentId, store: StoreDep, body: BodyDep) -> Response:
    """Compute the trained model's outputs for raw rows; a worker answers within 20 s, or the status is 503."""
    instances = body.get("instances")
    if set(body) != {"instances"} or not isinstance(instances, list) or not instances:
        raise BadRequest("expected an object with one field, instances: a list of rows that is not empty")
    return JSONResponse({"predictions": predict(store, experiment_id, instances)})
