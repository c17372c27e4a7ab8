"""Ids and cursors have a form; what has another is answered before the store is asked."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet.records.ids import new_id
from satnet.settings import Settings

MALFORMED = [
    "exp_none",
    "exp_01kb6qz5v0y7m3t8n4r2w9xcjd",
    "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJU",
    "exp_91KB6QZ5V0Y7M3T8N4R2W9XCJD",
    "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD%0A",
    "exp_%00",
    "*",
    "%ED%A0%80",
    "x" * 5000,
]


@pytest.fixture(scope="module")
def storeless():
    """A service without access checks whose store cannot be reached: whoever asks it is answered 503."""
    settings = Settings(auth="off", redis_url="redis://127.0.0.1:1/0", allowed_hosts=("testserver",))
    with TestClient(create_app(settings)) as http:
        yield http


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as http:
        yield http


def routes_with_an_id():
    for path, operations in create_app().openapi()["paths"].items():
        for method in operations:
            if any(name in path for name in ("{experiment_id}", "{sweep_id}", "{key_id}")):
                yield method.upper(), path


def filled(path, identifier):
    for name in ("{experiment_id}", "{sweep_id}", "{key_id}"):
        path = path.replace(name, identifier)
    return path.replace("{finding}", "dead_units")


@pytest.mark.parametrize(("method", "path"), list(routes_with_an_id()))
def test_a_malformed_id_is_404_and_never_reaches_the_store(storeless, method, path):
    # when
    answers = [storeless.request(method, filled(path, one)) for one in MALFORMED]

    # then
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
    assert max(len(answer.content) for answer in answers) < 3000


def test_an_unknown_id_is_404(http):
    # when / then
    assert http.get(f"/v1/experiments/{new_id()}").status_code == 404
    assert http.get(f"/v1/sweeps/{new_id('swp_')}").status_code == 404
    assert http.get(f"/v1/compare?ids={new_id()},exp_x").status_code == 404
    assert http.get(f"/v1/sweeps/{new_id()}").status_code == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/experiments?after=nan_x", "after"),
        ("/v1/experiments?after=inf_exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD", "after"),
        ("/v1/experiments?after=1e5_exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD", "after"),
        ("/v1/experiments?after=1", "after"),
        ("/v1/experiments?after=", "after"),
        ("/v1/experiments?sweep=x", "sweep"),
        ("/v1/experiments?dataset=%00", "dataset"),
        ("/v1/experiments?label=a:%0D%0A", "label"),
        ("/v1/experiments?fields=" + "x," * 2000, "fields"),
        ("/v1/experiments?created_after=yesterday", "created_after"),
        ("/v1/experiments?created_after=0.5", "created_after"),
        ("/v1/experiments?created_after=2030-01-01", "created_after"),
        ("/v1/sweeps?after=zzz", "after"),
        ("/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD/events?after=x", "after"),
        ("/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD/events?after=99999999999999999999-0", "after"),
        ("/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD/units?epoch=" + "9" * 1000, "epoch"),
    ],
)
def test_a_malformed_parameter_is_400_and_named(storeless, path, name):
    # when
    answer = storeless.get(path)

    # then
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert name in answer.json()["detail"]


def test_a_malformed_last_event_id_is_400(storeless):
    # when
    path = "/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD/events"
    answer = storeless.get(path, headers={"Last-Event-ID": "nan", "Accept": "text/event-stream"})

    # then
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59%2B00:00", "0001-01-01T00:00:00%2B14:00"]
)
def test_the_ends_of_the_calendar_are_moments_too(http, moment):
    # when / then
    assert http.get(f"/v1/experiments?created_after={moment}").status_code == 200
