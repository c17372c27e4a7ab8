"""Every answer tells browsers the same: pages, problems, streams, files."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.security_headers import SECURITY_HEADERS
from satnet import presets


@pytest.fixture
def app(settings):
    return create_app(settings)


@pytest.fixture
def http(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def has_all(answer):
    return {name: answer.headers.get_list(name) for name in SECURITY_HEADERS} == {
        name: [value] for name, value in SECURITY_HEADERS.items()
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/docs", 200),
        ("/docs/assets/swagger-ui.css", 200),
        ("/openapi.json", 200),
        ("/healthz", 200),
        ("/v1/experiments", 200),
        ("/v1/experiments?colour=red", 400),
        ("/v1/experiments/exp_none", 404),
        ("/nowhere", 404),
        ("/docs/assets/nothing.js", 404),
    ],
)
def test_every_answer_has_the_security_headers(http, path, status):
    # when
    answer = http.get(path)

    # then
    assert answer.status_code == status
    assert has_all(answer)


def test_refusals_and_internal_errors_have_the_security_headers(app, http):
    # given
    app.state.store.workers = lambda: 1 / 0

    # when
    answers = [
        http.get("/healthz", headers={"Host": "evil.example"}),
        http.put("/healthz"),
        http.post("/v1/experiments", content="x"),
        http.get("/v1/workers"),
        http.get("/", follow_redirects=False),
    ]

    # then
    assert [answer.status_code for answer in answers] == [403, 405, 415, 500, 307]
    assert all(map(has_all, answers))


def test_event_streams_have_the_security_headers(http):
    # given one that is over
    here = f"/v1/experiments/{http.post('/v1/experiments', json=presets.load('healthy-digits')).json()['id']}"
    http.post(f"{here}/cancel")

    # when
    answer = http.get(f"{here}/events", headers={"Accept": "text/event-stream"})

    # then
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert has_all(answer)
