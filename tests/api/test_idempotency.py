"""What a replayed Idempotency-Key answers."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from tests.api.test_external import BODY as EXTERNAL
from tests.sweeps.bodies import GRID

SPEC = presets.load("healthy-digits")
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as http:
        yield http


@pytest.mark.parametrize("body", [SPEC, EXTERNAL], ids=["experiment", "external"])
def test_a_key_whose_experiment_was_deleted_is_gone(http, body):
    # given
    path = http.post("/v1/experiments", json=body, headers=KEY).headers["Location"]
    http.post(f"{path}/cancel")
    assert http.delete(path).status_code == 204

    # when
    same = http.post("/v1/experiments", json=body, headers=KEY)
    other = http.post("/v1/experiments", json=body | {"name": "other"}, headers=KEY)
    new = http.post("/v1/experiments", json=body, headers={"Idempotency-Key": "k2"})

    # then
    assert (same.status_code, same.json()["code"]) == (410, "gone")
    assert path.rsplit("/", 1)[1] in same.json()["detail"]
    assert other.status_code == 422
    assert new.status_code == 202


def test_a_clones_key_is_gone_with_the_clone(http):
    # given
    path = http.post("/v1/experiments", json=SPEC).headers["Location"]
    clone = http.post(f"{path}/clone", json={}, headers=KEY).headers["Location"]
    assert http.post(f"{path}/clone", json={}, headers=KEY).headers["Location"] == clone
    http.post(f"{clone}/cancel")
    http.delete(clone)

    # when / then
    assert http.post(f"{path}/clone", json={}, headers=KEY).status_code == 410


def test_a_sweeps_key_is_gone_when_the_sweep_has_expired(http, raw):
    # given
    first = http.post("/v1/sweeps", json=GRID, headers=KEY)
    assert http.post("/v1/sweeps", json=GRID, headers=KEY).headers["Location"] == first.headers["Location"]
    raw.delete(f"sn:sweep:{first.json()['id']}")

    # when
    again = http.post("/v1/sweeps", json=GRID, headers=KEY)

    # then
    assert (again.status_code, again.json()["code"]) == (410, "gone")
