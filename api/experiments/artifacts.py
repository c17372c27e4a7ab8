"""What a finished experiment leaves besides numbers: its model, its program, predictions."""

import re
from itertools import chain

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.client_gone import ClientGone, unless_gone
from api.deps import BodyDep, SettingsDep, StoreDep
from api.download import Download, require_satisfiable
from api.openapi.answers import empty, file, json_answer, problems
from api.openapi.bodies import PredictRequest, json_body
from api.openapi.schemas import Predictions
from api.parameters import ExperimentId, IfNoneMatch
from satnet.errors import Conflict
from satnet.script.program import to_script
from satnet.service.artifacts import Artifacts, model_name
from satnet.service.instances import checked_instances
from satnet.service.predictions import predict, require_model
from satnet.spec import parse_spec

router = APIRouter(prefix="/v1/experiments", tags=["artifacts"])
_BINARY = "application/octet-stream"


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
        200: file("The model.", _BINARY, "Content-Disposition", "ETag", binary=True),
        206: file("The part that `Range` asks for.", _BINARY, "Content-Disposition", "ETag", binary=True),
        304: empty("You have this file already.", "ETag"),
        **problems(404, 409, 416),
    },
)
def get_model(
    request: Request,
    experiment_id: ExperimentId,
    store: StoreDep,
    settings: SettingsDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Download the trained model as a `.keras` file; it takes raw rows, standardization is its first layer.

    `ETag` is the file's SHA-256. Where the service keeps its files in a directory, `Range` and `If-Range` read a part,
    so that a download that was cut can be continued.
    """
    model = require_model(store.get(experiment_id))
    tag = f'"{model["sha256"]}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    headers = {"ETag": tag, "Content-Disposition": f'attachment; filename="{experiment_id}.keras"'}
    artifacts, name = Artifacts(settings.artifacts), model_name(experiment_id)
    path = artifacts.local(name, model["sha256"])
    if path is not None:
        require_satisfiable(request, model["bytes"], tag)
        return Download(path, media_type=_BINARY, headers=headers)
    chunks = artifacts.chunks(name, model["sha256"])
    first = next(chunks, b"")  # it is there, or the answer is 404
    headers["Content-Length"] = str(model["bytes"])
    return StreamingResponse(chain((first,), chunks), media_type=_BINARY, headers=headers)


@router.post(
    "/{experiment_id}/predict",
    responses={200: json_answer("One output a row.", Predictions), **problems(404, 409, 413, 415)},
    openapi_extra=json_body(PredictRequest),
)
async def predict_rows(request: Request, experiment_id: ExperimentId, store: StoreDep, body: BodyDep) -> Response:
    """Compute the trained model's outputs for at most 10,000 raw rows.

    Rows of a table are objects by column name, or lists in the order of its features; null is an empty cell. Where the
    model knows its classes' names, `classes` says them in the order of the outputs and `labels` the one of each row.
    A worker answers within 20 s, or the status is 503: at once where no worker is running.
    """
    instances = checked_instances(body)
    try:
        reply = await unless_gone(request, predict(store, experiment_id, instances))
    except ClientGone:
        return Response(status_code=499)  # nobody reads it
    return JSONResponse({key: reply[key] for key in ("predictions", "classes", "labels") if key in reply})
