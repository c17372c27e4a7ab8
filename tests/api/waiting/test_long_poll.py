"""Answers that `Prefer: wait` holds."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from satnet.service.intake import submit_posted
from satnet.store import Store

WAIT = {"Prefer": "wait=20"}


@pytest.fixture
def http(settings):
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def path(store, settings):
    experiment_id = submit_posted(store, settings, presets.load("healthy-digits"), lambda _: None, None)
    return f"/v1/experiments/{experiment_id}"


def timed(call, *arguments, **options):
    """What a call returns, and its seconds."""
    start = time.monotonic()
    answer = call(*arguments, **options)
    return answer, time.monotonic() - start


def test_a_wait_ends_with_the_change(http, path):
    # given
    etag = http.get(path).headers["ETag"]

    # when
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(timed, http.get, path, headers={**WAIT, "If-None-Match": etag})
        time.sleep(0.5)
        changed = time.monotonic()
        http.patch(path, json={"name": "another"})
        answer, _ = held.result()
        late = time.monotonic() - changed

    # then
    assert answer.status_code == 200
    assert answer.json()["name"] == "another"
    assert late < 2


def test_a_wait_without_a_change_is_over_after_its_time(http, path):
    # given
    etag = http.get(path).headers["ETag"]

    # when
    answer, seconds = timed(http.get, path, headers={"Prefer": "wait=0.3", "If-None-Match": etag})

    # then
    assert (answer.status_code, answer.headers["ETag"]) == (304, etag)
    assert 0.3 <= seconds < 3


@pytest.mark.parametrize("status", [200, 304])
def test_an_experiment_that_is_over_is_answered_at_once(http, path, status):
    # given
    http.post(f"{path}/cancel")
    own = {"If-None-Match": http.get(path).headers["ETag"]} if status == 304 else {}

    # when
    answer, seconds = timed(http.get, path, headers={**WAIT, **own})

    # then
    assert answer.status_code == status
    assert "Retry-After" not in answer.headers
    assert seconds < 3


def test_a_post_that_waits_is_answered_when_the_experiment_is_over(http, store):
    # when
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(http.post, "/v1/experiments", json=presets.load("healthy-digits"), headers=WAIT)
        while not (found := store.list()["data"]):
            time.sleep(0.05)
        store.cancel(found[0]["id"])
        answer = held.result(10)

    # then
    assert answer.json()["status"] == "cancelled"
    assert answer.headers["Preference-Applied"] == "wait=20"


def test_a_message_that_is_lost_delays_a_wait_and_no_more(http, path, raw):
    # when: a change that nobody is told of
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(timed, http.get, path, headers=WAIT)
        time.sleep(0.5)
        raw.hincrby(f"sn:exp:{path.rpartition('/')[2]}", "version", 1)
        answer, seconds = held.result()

    # then
    assert answer.status_code == 200
    assert seconds < 10


def test_a_wait_outlasts_a_lost_subscription(http, path, raw):
    # when
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(timed, http.get, path, headers=WAIT)
        time.sleep(0.5)
        raw.client_kill_filter(_type="pubsub")
        time.sleep(0.1)
        http.patch(path, json={"name": "another"})
        answer, seconds = held.result()

    # then
    assert answer.json()["name"] == "another"
    assert seconds < 10


def test_waits_share_one_read_of_a_change(http, path, monkeypatch):
    # given
    real, calls = Store.get_versioned, []
    monkeypatch.setattr(Store, "get_versioned", lambda self, one: calls.append(one) or real(self, one))

    # when
    with ThreadPoolExecutor(30) as pool:
        held = [pool.submit(http.get, path, headers=WAIT) for _ in range(30)]
        time.sleep(1)
        http.patch(path, json={"name": "another"})
        names = {one.result().json()["name"] for one in held}

    # then: one of them for the answer to PATCH
    assert names == {"another"}
    assert len(calls) <= 4


@pytest.mark.parametrize("bound", ["max_waiting", "max_waiting_per_client"])
def test_a_wait_beyond_the_bound_is_answered_at_once(settings, path, bound):
    # given
    with TestClient(create_app(settings.model_copy(update={bound: 0}))) as http:
        # when
        answer, seconds = timed(http.get, path, headers=WAIT)

    # then
    assert (answer.status_code, answer.headers["Retry-After"]) == (200, "5")
    assert seconds < 3


@pytest.mark.parametrize(
    ("bound", "status", "code"), [("max_waiting", 503, "busy"), ("max_waiting_per_client", 429, "too_many_open")]
)
def test_a_stream_beyond_the_bound_is_refused(settings, path, bound, status, code):
    # given
    with TestClient(create_app(settings.model_copy(update={bound: 0}))) as http:
        # when
        answer = http.get(f"{path}/events", headers={"Accept": "text/event-stream"})

    # then
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer.headers["Retry-After"]) > 0


def test_places_are_free_again_after_a_stream(settings, path):
    # given
    with TestClient(create_app(settings.model_copy(update={"max_waiting_per_client": 1}))) as http:
        http.post(f"{path}/cancel")

        # when / then
        for _ in range(3):
            answer = http.get(f"{path}/events", headers={"Accept": "text/event-stream"})
            assert "event: end" in answer.text
