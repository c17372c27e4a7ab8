"""GET / for programs and for people."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


def test_home_answers_links_that_lead_somewhere(http):
    # when
    answer = http.get("/", headers={"Accept": "application/json"})

    # then
    links = answer.json()["links"]
    assert answer.status_code == 200
    assert {"experiments", "sweeps", "openapi", "docs"} <= set(links)
    for name, path in links.items():
        expected = 400 if name == "compare" else 200  # which needs ids
        assert http.get(path).status_code == expected, name


def test_home_sends_browsers_to_the_documentation(http):
    # when
    answer = http.get("/", headers={"Accept": "text/html,*/*"}, follow_redirects=False)

    # then
    assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")
