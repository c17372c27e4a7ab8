"""HEAD, OPTIONS, and the Allow header of a 405."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from tests.api.test_external import BODY as EXTERNAL

SPEC = presets.load("healthy-digits")
ANY = "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as http:
        yield http


def described():
    for path, operations in create_app().openapi()["paths"].items():
        yield path, {method.upper() for method in operations}


@pytest.mark.parametrize(("path", "methods"), list(described()))
def test_a_405_and_options_name_all_methods_of_the_path(http, path, methods):
    # given
    wanted = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    url = path.replace("{experiment_id}", ANY)

    # when
    answers = [http.request(method, url) for method in ("PUT", "TRACE")]
    options = http.options(url)

    # then
    assert {answer.status_code for answer in answers} == {405}
    assert options.status_code == 204
    for answer in (*answers, options):
        assert set(answer.headers["Allow"].split(", ")) == wanted
    assert answers[0].json()["code"] == "method_not_allowed"


def test_options_of_no_path_is_404(http):
    # when / then
    assert http.options("/nowhere").status_code == 404
    assert http.head("/nowhere").status_code == 404


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/experiments", "/openapi.json", "/docs", "/v1/presets/healthy-digits"]
)
def test_head_is_get_without_a_body(http, path):
    # when
    head, get = http.head(path), http.get(path)

    # then
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("content-type", "content-length", "content-security-policy"):
        assert head.headers[name] == get.headers[name]


def test_head_of_a_running_experiments_events_ends(http):
    # given an experiment that goes on
    path = http.post("/v1/experiments", json=EXTERNAL).headers["Location"]

    # when
    answer = http.head(f"{path}/events", headers={"Accept": "text/event-stream", "Prefer": "wait=60"})

    # then
    assert (answer.status_code, answer.content) == (200, b"")
