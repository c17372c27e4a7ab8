"""PATCH and DELETE of one experiment."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.experiments.answers import stored
from api.parameters import ExperimentId
from satnet.service.artifacts import Artifacts, forget
from satnet.service.changes import change

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


@router.patch("/{experiment_id}")
def update_experiment(experiment_id: ExperimentId, store: StoreDep, body: BodyDep) -> Response:
    """Change the name, labels, priority (-10 to 10) or `keep`; the fields you leave out stay as they are."""
    change(store, experiment_id, body)
    return stored(store, experiment_id)


@router.delete("/{experiment_id}", status_code=204)
def delete_experiment(experiment_id: ExperimentId, store: StoreDep, settings: SettingsDep) -> None:
    """Delete an experiment that is over, with its epochs, events, checkpoints and model."""
    store.delete(experiment_id)
    forget(Artifacts(settings.artifacts), experiment_id)
