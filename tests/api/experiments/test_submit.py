"""POST /v1/experiments."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from tests.api.test_external import BODY


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
