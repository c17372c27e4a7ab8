"""PATCH and DELETE of one experiment."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.experiments.answers import stored
from api.openapi.answers import empty, json_answer, problems
from api.openapi.bodies import ExperimentChanges, json_body
from api.parameters import ExperimentId
from satnet.records.schema import ExperimentDocument
from satnet.service.artifacts import Artifacts, forget
from satnet.service.changes import change

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


@router.patch(
    "/{experiment_id}",
    responses={
        200: json_answer("The changed experiment.", ExperimentDocument, "ETag", "Retry-After"),
        **problems(404, body=True),
    },
    openapi_extra=json_body(ExperimentChanges),
)
def update_experiment(experiment_id: ExperimentId, store: StoreDep, body: BodyDep) -> Response:
    """Change the name, labels, priority (-10 to 10) or `keep`; the fields you leave out stay as they are."""
    change(store, experiment_id, body)
    return stored(store, experiment_id)


@router.delete("/{experiment_id}", status_code=204, responses={204: empty("It is deleted."), **problems(404, 409)})
def delete_experiment(experiment_id: ExperimentId, store: StoreDep, settings: SettingsDep) -> Response:
    """Delete an experiment that is over, with its epochs, events, checkpoints and model."""
    store.delete(experiment_id)
    forget(Artifacts(settings.artifacts), experiment_id)
    return Response(status_code=204)
