"""/docs and all that it loads come from the service itself."""

import re

import pytest
from fastapi.testclient import TestClient

from api.main import create_app


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


def test_docs_load_everything_from_the_service(http):
    # when
    page = http.get("/docs").text
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)

    # then
    assert "://" not in page
    assert len([path for path in assets if path.endswith((".js", ".css"))]) == 2
    for path in assets:
        answer = http.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 1000, path


def test_docs_read_the_openapi_document_of_the_service(http):
    # when
    page = http.get("/docs").text

    # then
    assert re.search(r"url: '(.+?)'", page)[1] == "/openapi.json"
    assert http.get("/openapi.json").json()["info"]["title"] == "satnet"
