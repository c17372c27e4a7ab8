"""Experiments trained elsewhere: what is taken in, what is refused, how they end."""

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from api.main import create_app
from satnet import presets
from satnet.records.schema import ExperimentDocument
from satnet.store import Store
from tests.saturation.test_diagnosis import epochs

BODY = {
    "kind": "external",
    "name": "mine",
    "loss": "mean_squared_error",
    "output_activation": "sigmoid",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "layers": [{"name": "dense_1", "activation": "tanh", "place": 1, "fan_in": 64, "fan_out": 25}],
    "epochs": 5,
}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def path(http):
    return http.post("/v1/experiments", json=BODY).headers["Location"]


def records(count=3):
    return [{**one, "seconds": 0.1} for one in epochs(count)]


def test_external_experiment_runs_from_the_start_and_has_static_findings(http, path):
    # when
    document = http.get(path).json()

    # then
    TypeAdapter(ExperimentDocument).validate_python(document, strict=True)
    assert (document["kind"], document["status"], document["attempt"]) == ("external", "running", 1)
    assert [one["id"] for one in document["findings"]] == ["loss_mismatch"]
    assert document["findings"][0]["remedies"][0]["patch"] == []
    assert "binary_crossentropy" in document["findings"][0]["remedies"][0]["why"]
    assert http.get("/v1/experiments?status=running").json()["data"][0]["id"] == document["id"]


def test_records_come_in_once_each_and_the_end_is_final(http, path):
    # given
    first, second, third = records()
    first["layers"][0]["saturated_fraction"] = 0.6

    # when
    assert http.post(f"{path}/epochs", json={"data": [first]}).status_code == 200
    assert http.post(f"{path}/epochs", json={"data": [first, second]}).status_code == 200
    body = {"data": [third | {"units": {"dense_1": {"gate": [0.5, 0.4]}}}], "end": "succeeded"}
    document = http.post(f"{path}/epochs", json=body).json()

    # then
    assert document["status"] == "succeeded"
    assert [one["epoch"] for one in http.get(f"{path}/epochs").json()["data"]] == [0, 1, 2]
    assert "saturated_at_start:dense_1" in [one["id"] for one in document["findings"]]
    assert http.get(f"{path}/units?epoch=2").json()["layers"]["dense_1"]["gate"] == [0.5, 0.4]
    assert document["summary"]["final"]["epoch"] == 2
    assert http.post(f"{path}/epochs", json={"data": [first]}).status_code == 409


def test_no_reaper_takes_it_and_a_cancel_ends_it_at_once(http, path, settings):
    # given records, which would renew a lease if there were one
    http.post(f"{path}/epochs", json={"data": records()})
    store = Store(settings)

    # when / then
    assert not store.reap()  # the application's own reaper may have this tick
    assert store.claim(["", "default"], "w", "n") is None
    store.close()
    assert http.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert http.post(f"{path}/epochs", json={"data": records(1)}).status_code == 409
    assert http.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"layers": [{"name": "x"}]}, "#/layers/0/activation"),
        ({"learning_rate": 0}, "#/learning_rate"),
        ({"colour": "red"}, "#/colour"),
        ({"epochs": 0}, "#/epochs"),
        ({"layers": [BODY["layers"][0] | {"kernel": 1}]}, "#/layers/0/kernel"),
    ],
)
def test_a_network_that_makes_no_sense_is_refused(http, change, pointer):
    # when
    answer = http.post("/v1/experiments", json=BODY | change)

    # then
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"epoch": -1}]},
        {"data": "x"},
        {"end": "maybe"},
        {"data": [records(1)[0] | {"layers": [{"name": "dense_9"}]}]},
        {"data": [records(1)[0] | {"layers": [{"name": "dense_1"}]}]},
        {"data": [records(1)[0] | {"network": {"vanish_ratio": "x"}}]},
    ],
)
def test_records_that_make_no_sense_are_refused_and_nothing_is_stored(http, path, body):
    # when / then
    assert http.post(f"{path}/epochs", json=body).status_code == 422
    assert http.get(f"{path}/epochs").json()["data"] == []


def test_what_only_trained_experiments_can_do_is_refused(http, path):
    # when / then
    assert http.get(f"{path}/script").status_code == 409
    assert http.post(f"{path}/clone", json={}).status_code == 409
    assert http.post(f"{path}/findings/loss_mismatch/remedy", json={}).status_code == 409
    assert http.patch(path, json={"priority": 3}).status_code == 422
    assert http.patch(path, json={"name": "other"}).json()["name"] == "other"
    own = http.post("/v1/experiments", json=presets.load("healthy-digits") | {"kind": "experiment"})
    assert own.status_code == 202
    assert http.post(f"{own.headers['Location']}/epochs", json={"data": []}).status_code == 409
