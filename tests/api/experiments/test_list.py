"""Lists: short rows, whatever the documents hold; whole fields where they are asked for, within a bound."""

import json

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from api.main import create_app
from satnet import presets
from satnet.records.schema import ExperimentDocument, ExperimentPage
from tests.service.finished import finished

LAYER = {"activation": "tanh", "place": 0, "fan_in": 4, "fan_out": 4, "initializer": "x" * 100}
LARGE = {
    "kind": "external",
    "loss": "mean_squared_error",
    "output_activation": "linear",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "layers": [LAYER | {"name": f"{'n' * 190}{number}"} for number in range(200)],
    "epochs": 3,
}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def test_a_row_says_what_is_small_in_the_document(http, store, settings):
    # given
    experiment_id, _ = finished(store, settings)
    http.post("/v1/experiments", json=presets.load("saturated-digits"))

    # when
    page = http.get("/v1/experiments").json()
    queued, done = page["data"]
    document = http.get(f"/v1/experiments/{experiment_id}").json()

    # then
    TypeAdapter(ExperimentPage).validate_python(page, strict=True)
    assert {"spec", "attempts", "transitions", "environment"}.isdisjoint(done)
    same = set(done) - {"dataset", "summary", "findings", "parent", "links"}
    assert {name: done[name] for name in same} == {name: document[name] for name in same}
    assert (done["dataset"], done["summary"]) == ("digits", {"final": None, "best": None})
    assert queued["queue"]["position"] == 1
    assert queued["progress"]["epochs"] == presets.load("saturated-digits")["training"]["epochs"]
    assert queued["findings"][0] == {
        "id": "initializer_mismatch:dense_1",
        "rule": "initializer_mismatch",
        "severity": "warning",
    }


def test_a_page_of_large_documents_is_small_and_reads_none_of_them(http, raw):
    # given
    ids = [http.post("/v1/experiments", json=LARGE).json()["id"] for _ in range(30)]
    for experiment_id in ids:  # a row that needed the spec would fail now
        raw.hset(f"sn:exp:{experiment_id}", "spec", "not JSON")

    # when
    answer = http.get("/v1/experiments?limit=200")

    # then
    assert len(answer.json()["data"]) == 30
    assert len(answer.content) < 30 * 2000


def test_whole_fields_come_in_pages_of_bounded_size(http):
    # given
    ids = [http.post("/v1/experiments", json=LARGE).json()["id"] for _ in range(40)]
    one = len(json.dumps(http.get(f"/v1/experiments/{ids[0]}").json()["spec"]))
    assert 40 * one > 2_000_000

    # when
    found, sizes, after = [], [], ""
    while after is not None:
        answer = http.get(f"/v1/experiments?limit=200&fields=spec,status{after}")
        page = answer.json()
        found += page["data"]
        sizes.append(len(answer.content))
        after = f"&after={page['next']}" if page["has_more"] else None

    # then
    assert [row["id"] for row in found] == ids[::-1]
    assert set(found[0]) == {"id", "spec", "status"}
    assert len(found[0]["spec"]["layers"]) == 200
    assert max(sizes) < 2_100_000


def test_every_field_of_the_document_may_be_asked_for_and_no_other(http, store, settings):
    # given
    experiment_id, _ = finished(store, settings)
    document = http.get(f"/v1/experiments/{experiment_id}").json()

    # when
    (whole,) = http.get("/v1/experiments?fields=" + ",".join(ExperimentDocument.__annotations__)).json()["data"]
    (brief,) = http.get("/v1/experiments?fields=status,dataset").json()["data"]
    refused = http.get("/v1/experiments?fields=status,colour")

    # then
    assert whole == document
    assert brief == {"id": experiment_id, "status": "succeeded", "dataset": "digits"}
    assert refused.status_code == 400
    assert "fields: there is no colour; allowed: attempt, " in refused.json()["detail"]


def test_what_an_older_version_stored_is_listed_too(http, raw):
    # given
    experiment_id = http.post("/v1/experiments", json=presets.load("saturated-digits")).json()["id"]
    raw.hdel(f"sn:exp:{experiment_id}", "plan")

    # when
    (row,) = http.get("/v1/experiments").json()["data"]

    # then
    assert row["progress"]["epochs"] == presets.load("saturated-digits")["training"]["epochs"]
