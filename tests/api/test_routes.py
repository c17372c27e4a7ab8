"""Routes over a real store; no worker is needed to be polite."""

import json
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets

SPEC = presets.load("healthy-digits")


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def test_importing_the_api_loads_no_tensorflow():
    # when
    code = "import api.main, sys; print(any(m in sys.modules for m in ('tensorflow', 'keras')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # then
    assert result.stdout.strip() == "False"


def test_submit_then_poll_until_it_changes(http):
    # when
    answer = http.post("/v1/experiments", json=SPEC)

    # then
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/experiments/{answer.json()['id']}"
    etag = answer.headers["ETag"]
    same = http.get(answer.headers["Location"], headers={"If-None-Match": etag})
    assert same.status_code == 304
    assert http.post(f"{answer.headers['Location']}/cancel").status_code == 202
    changed = http.get(answer.headers["Location"], headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["status"]) == (200, "cancelled")
    assert http.post(f"{answer.headers['Location']}/cancel").status_code == 200
    assert http.delete(answer.headers["Location"]).status_code == 204


MISTAKES = [
    ({"layers": []}, "#/layers"),
    ({"dataset": {"name": "mnits"}}, "#/dataset/name"),
    ({"dataset": {}}, "#/dataset/name"),
    ({"dataset": {"name": "digits", "path": "x.npz"}}, "#/dataset/name"),
    ({"dataset": {"name": "digits", "samples": 50}}, "#/dataset/samples"),
    ({"dataset": {"name": "digits", "train_size": 5000}}, "#/dataset/train_size"),
    ({"dataset": {"name": "digits", "validation_fraction": 1.5}}, "#/dataset/validation_fraction"),
    ({"loss": "mse"}, "#/loss"),
    ({"optimizer": "sdg"}, "#/optimizer"),
    ({"optimizer": {"name": "sgd", "learning_rate": 0}}, "#/optimizer"),
    ({"training": {"epochs": 0}}, "#/training/epochs"),
    ({"training": {"batch_size": 1.5}}, "#/training/batch_size"),
    ({"training": {"early_stopping": {"monitor": "validation.loss"}}}, "#/training/early_stopping/monitor"),
    ({"training": {"learning_rate_schedule": {"name": "step"}}}, "#/training/learning_rate_schedule/name"),
    ({"saturation": {"epsilon": 0.1}}, "#/saturation/epsilon"),
    ({"seed": -1}, "#/seed"),
    ({"seed": True}, "#/seed"),
    ({"priority": 11}, "#/priority"),
    ({"cross_validation": {"folds": 1}}, "#/cross_validation/folds"),
    ({"unknown": 1}, "#/unknown"),
    ({"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}, "#/layers/0/type"),
    (
        {"layers": [{"type": "flatten"}, {"type": "dense", "units": 3, "activation": "softmax"}]},
        "#/layers/1/units",
    ),
    ({"layers": [{"type": "dnse"}]}, "#/layers/0/type"),
]


@pytest.mark.parametrize(("change", "pointer"), MISTAKES, ids=[pointer for _, pointer in MISTAKES])
def test_a_mistake_is_refused_with_its_pointer(http, change, pointer):
    # when
    answer = http.post("/v1/experiments", json=SPEC | change)

    # then
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert http.get("/v1/experiments").json()["data"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/experiments/exp_none", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/v1/experiments", 405),
        ("GET", "/v1/experiments?colour=red", 400),
        ("GET", "/v1/experiments?limit=201", 400),
        ("GET", "/v1/presets/none", 404),
    ],
)
def test_errors_are_problems_with_a_request_id(http, method, path, status):
    # when
    answer = http.request(method, path)

    # then
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_malformed_and_oversized_bodies_are_refused(http):
    # when / then
    json_type = {"content-type": "application/json"}
    assert http.post("/v1/experiments", content="{", headers=json_type).status_code == 400
    assert http.post("/v1/experiments", content="[]", headers=json_type).status_code == 400
    assert http.post("/v1/experiments", content=" " * 300_000, headers=json_type).status_code == 413
    assert http.post("/v1/experiments", content="a=1", headers={"content-type": "text/plain"}).status_code == 415


def test_key_with_another_body_is_refused(http):
    # given
    headers = {"Idempotency-Key": "k"}
    first = http.post("/v1/experiments", json=SPEC, headers=headers)

    # when / then
    assert http.post("/v1/experiments", json=SPEC, headers=headers).json()["id"] == first.json()["id"]
    assert http.post("/v1/experiments", json=SPEC | {"seed": 8}, headers=headers).status_code == 422


def test_dry_run_stores_nothing(http):
    # when
    answer = http.post("/v1/experiments?dry_run=true", json=SPEC)

    # then
    assert answer.status_code == 200
    assert answer.json()["estimate"]["parameters"] == 64 * 25 + 25 + 25 * 10 + 10
    assert http.get("/v1/experiments").json()["data"] == []


def test_events_stream_ends_and_resumes(http):
    # given
    path = http.post("/v1/experiments", json=SPEC).headers["Location"]
    http.post(f"{path}/cancel")
    events = http.get(f"{path}/events").json()["data"]

    # when
    headers = {"Accept": "text/event-stream"}
    whole = http.get(f"{path}/events", headers=headers).text
    rest = http.get(f"{path}/events", headers=headers | {"Last-Event-ID": events[0]["id"]}).text

    # then
    assert [event["data"]["status"] for event in events] == ["queued", "cancelled"]
    assert whole.count("id: ") == 2
    assert rest.count("id: ") == 1
    assert rest.rstrip().endswith("event: end\ndata: {}")


def test_a_reader_whose_past_is_trimmed_hears_of_the_gap_with_a_snapshot(http, raw):
    # given a reader that had the first of three events, of which the last alone is kept
    path = http.post("/v1/experiments", json=SPEC).headers["Location"]
    first = http.get(f"{path}/events").json()["data"][0]["id"]
    http.post(f"{path}/pause")
    http.post(f"{path}/cancel")
    stream = f"sn:ev:{path.rsplit('/', 1)[1]}"
    raw.xtrim(stream, maxlen=1, approximate=False)

    # when
    text = http.get(f"{path}/events", headers={"Accept": "text/event-stream", "Last-Event-ID": first}).text

    # then
    frame, end = text.removeprefix("retry: 3000\n\n").rstrip().split("\n\n")
    gap = dict(line.split(": ", 1) for line in frame.split("\n"))
    assert gap["event"] == "gap"
    assert gap["id"] == raw.xrange(stream)[-1][0]
    assert json.loads(gap["data"])["status"] == "cancelled"
    assert end == "event: end\ndata: {}"


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/version",
        "/openapi.json",
        "/v1/schema/experiment",
        "/v1/datasets",
        "/v1/presets",
        "/v1/queue",
        "/v1/workers",
    ],
)
def test_catalogue_and_health_answer(http, path):
    # when / then
    assert http.get(path).status_code == 200
