"""One line a changing request, and the request id from the caller to the worker's log."""

import logging
import re

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.service import audit
from satnet.store import Store
from worker import tasks

SPEC = presets.load("healthy-digits")


@pytest.fixture
def app(settings):
    return create_app(settings)


@pytest.fixture
def http(app):
    with TestClient(app) as http:
        yield http


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "satnet.service.audit")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "satnet.service.audit"]


def test_each_changing_request_is_one_line_without_its_query(http, lines):
    # when
    submitted = http.post("/v1/experiments", params={"dry_run": "false"}, json=SPEC)
    refused = http.post("/v1/experiments", json={})
    cancelled = http.post(f"{submitted.headers['Location']}/cancel")
    http.get("/v1/experiments?limit=1")

    # then
    name = submitted.json()["id"]
    wanted = [("/v1/experiments", 202, submitted, name), ("/v1/experiments", 422, refused, "-")]
    wanted += [(f"/v1/experiments/{name}/cancel", 202, cancelled, name)]
    assert [re.sub(r" \d+ ms", "", line) for line in lines()] == [
        f"POST {path} {status} request={answer.headers['X-Request-Id']} key=- id={one}"
        for path, status, answer, one in wanted
    ]


def test_a_path_cannot_forge_a_line(http, lines):
    # when
    http.post("/v1/experiments/x%0APOST%20forged/cancel")

    # then
    (line,) = lines()
    assert line.startswith("POST /v1/experiments/x%0APOST%20forged/cancel 404 ")


def test_a_failed_read_is_logged_with_its_request_id_and_the_connection_goes_on(app, http, lines, caplog):
    # given a fault
    app.state.store.workers = lambda: 1 / 0

    # when
    answer = http.get("/v1/workers", headers={"X-Request-Id": "req_mine"})

    # then
    request_id = answer.headers["X-Request-Id"]
    assert (answer.status_code, request_id == "req_mine") == (500, False)
    assert len([line for line in lines() if request_id in line]) == 1
    (cause,) = [record for record in caplog.records if record.name == "api.errors"]
    assert request_id in cause.getMessage()
    assert cause.exc_info[0] is ZeroDivisionError


def test_the_workers_log_names_the_request(http, settings, lines, monkeypatch):
    # given
    answer = http.post("/v1/experiments", json=SPEC)
    experiment_id, request_id = answer.json()["id"], answer.headers["X-Request-Id"]
    monkeypatch.setattr(tasks, "run_attempt", lambda *_: "succeeded")

    # when
    tasks.work(settings, "wrk_1", ["default"])

    # then
    told = [line for line in lines() if line.startswith("exp_")]
    assert told == [f"{experiment_id} (request {request_id}) attempt 1: {what}" for what in ("begins", "succeeded")]


def test_what_no_request_asked_for_has_none(settings):
    # given
    store = Store(settings)

    # when
    store.submit(
        experiment_id="exp_1", spec=SPEC | {"labels": {}, "priority": 0, "keep": False}, spec_sha256="", queue="q"
    )

    # then
    assert store.claim(["q"], "wrk_1", "n").request == ""
    store.close()


def test_lines_are_shown_on_stderr_where_nothing_else_is_set_up(monkeypatch):
    # given
    monkeypatch.setattr(audit.log, "propagate", False)
    monkeypatch.setattr(audit.log, "handlers", [])

    # when
    audit.show()
    audit.show()

    # then
    assert len(audit.log.handlers) == 1
    assert audit.log.isEnabledFor(logging.INFO)
