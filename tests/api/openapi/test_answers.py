"""Every operation is called, and its answers are as /openapi.json says.

    WRITE_EXAMPLES=1 .venv/bin/pytest tests/api/openapi/test_answers.py

writes what was answered, shortened, into api/openapi/examples.
"""

import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import api.openapi
from api.main import create_app
from satnet.store import Store
from tests.api.openapi.conformance import described, faults, operations
from tests.api.openapi.walk import Step, Walk, names, refusals
from worker import tasks

EXAMPLES = Path(api.openapi.__file__).parent / "examples"
_MOST = 10  # items of a list in an example


@pytest.fixture
def http(settings):
    plain = settings.model_copy(update={"auth": "auto", "allowed_hosts": ()})
    with TestClient(create_app(plain), "http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def steps(http, settings, prediction_worker, monkeypatch):  # noqa: ARG001 - it runs beside
    monkeypatch.setattr(tasks._tickets, "send", lambda _: None)
    name = names()
    store = Store(settings)
    yield Walk(http, store, lambda: tasks.work(settings, name(), ["default"])).everything()
    store.close()


def test_every_success_is_as_the_document_says(http, steps):
    # given
    document = http.get("/openapi.json").json()

    # when
    found = [fault for step in steps for fault in faults(document, step.operation_id, step.response)]
    called = {(step.operation_id, str(step.response.status_code)) for step in steps}
    successes = {
        (name, status) for name, one in operations(document).items() for status in one["responses"] if status < "400"
    }

    # then
    assert found == []
    assert successes - called == set()
    assert unsent_headers(document, steps) == []
    if os.environ.get("WRITE_EXAMPLES"):
        write(document, steps)


def test_refusals_are_as_the_document_says(http):
    # given
    document = http.get("/openapi.json").json()

    # when
    answers = list(refusals(http))
    found = [fault for operation_id, response in answers for fault in faults(document, operation_id, response)]

    # then
    assert found == []
    assert {response.status_code for _, response in answers} == {400, 401, 403, 404, 409, 413, 415, 422}


def unsent_headers(document: dict, steps: list[Step]) -> list[tuple[str, int, str]]:
    """Headers that the document names and that no answer of this status had."""
    sent: dict[tuple[str, int], set[str]] = {}
    for step in steps:
        sent.setdefault((step.operation_id, step.response.status_code), set()).update(step.response.headers)
    return [
        (*key, name)
        for key, headers in sent.items()
        for name in described(document, *key)["headers"]
        if name.lower() not in headers
    ]


def write(document: dict, steps: list[Step]) -> None:
    """The first answer of each operation, status and media type."""
    for operation_id in operations(document):
        example: dict = {}
        for step in [one for one in steps if one.operation_id == operation_id]:
            if step.body is not None:
                example.setdefault("request", shortened(step.body))
            kind = step.response.headers.get("content-type", "").partition(";")[0]
            if step.response.content and kind != "application/octet-stream":
                answers = example.setdefault("responses", {}).setdefault(str(step.response.status_code), {})
                is_json = kind == "application/json"
                answers.setdefault(
                    kind, shortened(step.response.json()) if is_json else first_lines(step.response.text)
                )
        if example:
            (EXAMPLES / f"{operation_id}.json").write_text(json.dumps(example, indent=1) + "\n")


def shortened(value):
    if isinstance(value, dict):
        if str(value.get("key", "")).startswith("sat_"):  # an example has no key that ever was one
            value = value | {"key": f"sat_{value['id'].removeprefix('key_')}_{43 * 'x'}"}
        most = 2 if "$defs" in value else len(value)
        return {key: shortened(one) for key, one in list(value.items())[:most] if key != "$defs"}
    if isinstance(value, list):
        most = 2 if value and isinstance(value[0], dict) and "type" not in value[0] and "op" not in value[0] else _MOST
        return [shortened(one) for one in value[:most]]
    return value


def first_lines(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:_MOST])
