"""Experiments trained elsewhere: what is taken in, what is refused, how they end."""

import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from api.main import create_app
from satnet import presets
from satnet.records.schema import ExperimentDocument
from satnet.service import external
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


def tiny(epochs):
    """Records without layers, as small as records can be."""
    numbers = {"loss": 1, "accuracy": 1}
    names = ("vanish_ratio", "gate_decades", "weight_decades", "loss_over_chance", "saturated_wrong")
    same = {"seconds": 0, "train": numbers, "validation": numbers, "layers": [], "network": dict.fromkeys(names, 1)}
    return [same | {"epoch": epoch} for epoch in epochs]


def test_thousands_of_records_cost_one_diagnosis_a_request(http, path, monkeypatch):
    # given
    calls = []
    monkeypatch.setattr(external, "diagnose", lambda *given: calls.append(len(given[1])) or [])
    began = time.monotonic()

    # when
    for start in (0, 1000, 2000):
        assert http.post(f"{path}/epochs", json={"data": tiny(range(start, start + 1000))}).status_code == 200

    # then
    assert len(calls) <= 3
    assert time.monotonic() - began < 10  # 3,000 diagnoses took minutes
    assert len(http.get(f"{path}/epochs").json()["data"]) == 3000
    assert http.get(path).json()["progress"]["epoch"] == 2999


def test_a_long_diagnosis_is_not_made_again_for_each_request(http, path, monkeypatch):
    # given one that takes a quarter of a second, and so has its share of time for five
    calls = []

    def slow(*_):
        calls.append(time.sleep(0.25))
        return []

    monkeypatch.setattr(external, "diagnose", slow)

    # when
    for start in range(30, 90, 30):
        http.post(f"{path}/epochs", json={"data": tiny(range(start, start + 30))})
    before_the_end = len(calls)
    http.post(f"{path}/epochs", json={"data": [], "end": "succeeded"})

    # then
    assert (before_the_end, len(calls)) == (1, 2)


def test_more_than_an_experiment_keeps_is_refused_whole(settings):
    # given
    small = settings.model_copy(update={"max_external_bytes": 2000})
    with TestClient(create_app(small), raise_server_exceptions=False) as client:
        own = client.post("/v1/experiments", json=BODY).headers["Location"]
        assert client.post(f"{own}/epochs", json={"data": tiny(range(3))}).status_code == 200

        # when
        answer = client.post(f"{own}/epochs", json={"data": tiny(range(2, 40))})

        # then
        assert (answer.status_code, answer.json()["code"]) == (413, "records_too_large")
        assert "at most 2000 are kept (SATNET_MAX_EXTERNAL_BYTES)" in answer.json()["detail"]
        assert len(client.get(f"{own}/epochs").json()["data"]) == 3
        assert client.post(f"{own}/epochs", json={"data": tiny(range(3))}).status_code == 200  # known already
        assert client.post(f"{own}/epochs", json={"data": [], "end": "succeeded"}).json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"layers": [BODY["layers"][0] | {"name": f"d{n}"} for n in range(201)]}, "#/layers"),
        ({"layers": [BODY["layers"][0] | {"initializer": "x" * 101}]}, "#/layers/0/initializer"),
        ({"layers": [BODY["layers"][0] | {"parameters": {str(n): 1 for n in range(17)}}]}, "#/layers/0/parameters"),
        ({"epochs": 1_000_001}, "#/epochs"),
    ],
)
def test_a_network_of_any_size_is_refused(http, change, pointer):
    # when
    answer = http.post("/v1/experiments", json=BODY | change)

    # then
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"junk": "x" * 200_000}, "#/data/1/junk"),
        ({"units": {"dense_9": {"gate": [1.0]}}}, "#/data/1/units"),
        ({"layers": [records(1)[0]["layers"][0] | {"name": "dense_9"}]}, "#/data/1/layers/0/name"),
    ],
)
def test_a_refused_record_is_pointed_at_and_none_is_stored(http, path, change, pointer):
    # when
    first, second = tiny(range(2))
    answer = http.post(f"{path}/epochs", json={"data": [first, second | change]})

    # then
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert http.get(f"{path}/epochs").json()["data"] == []


def test_records_that_name_other_layers_than_the_first_have_a_summary(http, path):
    # given
    (first,), (second,) = tiny(range(1)), [records(2)[1]]

    # when
    ended = http.post(f"{path}/epochs", json={"data": [first, second], "end": "succeeded"})

    # then
    assert (ended.status_code, ended.json()["summary"]["layers"]) == (200, [])


def test_progress_never_goes_back(http, path):
    # when
    http.post(f"{path}/epochs", json={"data": records(3)})
    document = http.post(f"{path}/epochs", json={"data": tiny([1])}).json()

    # then
    assert document["progress"]["epoch"] == 2


def test_a_silent_experiment_stalls_and_expires(settings):
    # given
    brief = settings.model_copy(update={"external_silence": timedelta(seconds=1), "retention": timedelta(seconds=0.3)})
    store = Store(brief)
    with TestClient(create_app(settings.model_copy(update={"reaper_tick": timedelta(hours=1)}))) as client:
        client.app.state.store = store
        own = client.post("/v1/experiments", json=BODY).headers["Location"]

        # when it reports once more, and then no more
        time.sleep(0.6)
        client.post(f"{own}/epochs", json={"data": tiny([0])})
        time.sleep(0.6)
        store.reap()
        still = client.get(own).json()["status"]
        time.sleep(0.6)
        store.reap()
        ended = client.get(own).json()
        time.sleep(0.4)
        store.reap()

        # then
        assert still == "running"
        assert (ended["status"], ended["status_reason"]["code"]) == ("failed", "stalled")
        assert ended["attempts"][0]["ended"] == "stalled"
        assert client.get(own).status_code == 404
    store.close()
