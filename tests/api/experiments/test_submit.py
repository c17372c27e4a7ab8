"""POST /v1/experiments."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet.settings import Settings
from tests.api.test_external import BODY

DENSE = [
    {"type": "dense", "units": 4, "activation": "tanh"},
    {"type": "dense", "units": 2, "activation": "softmax"},
]
IMAGES = [
    {"type": "reshape", "target_shape": [300, 300, 1]},
    {"type": "conv2d", "filters": 8192, "kernel_size": 1, "activation": "relu"},
    {"type": "global_average_pooling2d"},
    DENSE[1],
]


def body(samples, features, layers=DENSE):
    """One epoch of gaussian rows of two classes."""
    rows = {"name": "gaussian", "samples": samples, "features": features, "classes": 2}
    return {"dataset": rows, "layers": layers, "training": {"epochs": 1}, "seed": 1}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


def test_a_dry_run_of_an_external_body_stores_nothing(http):
    # when
    answer = http.post("/v1/experiments?dry_run=true", json=BODY)

    # then
    assert answer.status_code == 422
    assert "#/kind" in [one["pointer"] for one in answer.json()["errors"]]
    assert http.get("/v1/experiments").json()["data"] == []


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (body(1_000_000, 100_000), "#/dataset/samples"),
        (body(40, 90_000, IMAGES), "#/layers/1/filters"),
    ],
)
def test_what_needs_more_memory_than_it_may_is_refused_and_not_stored(http, content, pointer, query):
    # when
    answer = http.post(f"/v1/experiments{query}", json=content)

    # then
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, "limit")]
    assert "SATNET_MAX_" in answer.json()["errors"][0]["detail"]
    assert http.get("/v1/experiments").json()["data"] == []


def test_a_dry_run_tells_every_limit_and_what_the_spec_needs_of_it(http):
    # when
    told = http.post("/v1/experiments?dry_run=true", json=body(100, 8)).json()

    # then
    assert told["limits"]["memory_bytes"] == Settings().max_memory_bytes
    assert {name for name in told["limits"] if not told["estimate"][name] > 0} == set()


def test_a_clone_that_needs_too_much_is_refused(http):
    # given
    experiment_id = http.post("/v1/experiments", json=body(100, 8)).json()["id"]

    # when
    patch = [{"op": "replace", "path": "/dataset/samples", "value": 1_000_000}]
    patch += [{"op": "replace", "path": "/dataset/features", "value": 100_000}]
    answer = http.post(f"/v1/experiments/{experiment_id}/clone", json={"patch": patch})

    # then
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/dataset/samples"


def test_a_submission_beyond_the_quota_is_to_be_tried_again_later(settings):
    # given
    small = settings.model_copy(update={"max_open_experiments_per_owner": 1})
    with TestClient(create_app(small)) as http:
        first = http.post("/v1/experiments", json=body(100, 8)).json()["id"]

        # when
        answer = http.post("/v1/experiments", json=body(100, 8))
        clone = http.post(f"/v1/experiments/{first}/clone", json={})

        # then
        assert (answer.status_code, answer.json()["code"]) == (429, "quota_exceeded")
        assert int(answer.headers["Retry-After"]) > 0
        assert clone.status_code == 429
        http.post(f"/v1/experiments/{first}/cancel")
        assert http.post("/v1/experiments", json=body(100, 8)).status_code == 202
