"""Models over HTTP."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.service.artifacts import Artifacts, model_name


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def trained(http, store, settings):
    """The id of an experiment with a model."""
    experiment_id = http.post("/v1/experiments", json=presets.load("healthy-digits")).json()["id"]
    grant = store.claim(["default"], "w", "n")
    model = Artifacts(settings.artifacts).write(model_name(experiment_id), b"weights")
    store.finish(experiment_id, grant.fence, "succeeded", summary={"model": model}, environment={})
    return experiment_id


def test_a_model_is_downloaded(http, trained):
    # when / then
    assert http.get(f"/v1/experiments/{trained}/model").content == b"weights"


def test_a_model_whose_file_was_changed_is_not_handed_out(http, trained, settings):
    # given
    Artifacts(settings.artifacts).write(model_name(trained), b"somebody else's")

    # when
    answer = http.get(f"/v1/experiments/{trained}/model")

    # then
    assert (answer.status_code, answer.json()["code"]) == (500, "damaged_artifact")
