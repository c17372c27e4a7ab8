"""X-Request-Id is on every answer."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app


@pytest.fixture
def app(settings):
    return create_app(settings)


@pytest.mark.parametrize("path", ["/healthz", "/v1/experiments/exp_none", "/nowhere", "/docs"])
def test_every_answer_has_a_request_id_of_its_own(app, path):
    # given
    with TestClient(app) as http:
        # when
        first, second = http.get(path), http.get(path)

    # then
    assert first.headers["X-Request-Id"].startswith("req_")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_an_internal_error_names_its_request_and_no_cause(app):
    # given a fault
    app.state.store.workers = lambda: 1 / 0

    # when
    with TestClient(app, raise_server_exceptions=False) as http:
        answer = http.get("/v1/workers")

    # then
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert "division" not in answer.text
