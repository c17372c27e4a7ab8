"""Leases of a training process that does not come back."""

import contextlib
import threading
import time
from datetime import timedelta

import pytest

from satnet.store import FoldGrant
from tests.store.test_store import SPEC, submit
from worker.folds import _FoldLease
from worker.lease import KILLED, Lease


def with_seconds(most):
    """A spec that may take so long."""
    return {"resources": SPEC.to_json()["resources"] | {"max_seconds": most}}


@pytest.fixture
def quick(settings):
    """Settings under which nothing waits."""
    return settings.model_copy(
        update={"heartbeat": timedelta(seconds=0.05), "deadline_grace": timedelta(seconds=0.2)},
    )


def test_a_process_that_does_not_come_back_past_its_deadline_is_ended(store, quick):
    # given training that is in the compiler and calls no check
    submit(store, **with_seconds(1))
    grant = store.claim(["default"], "w", "n")
    left, began = threading.Event(), time.monotonic()

    # when
    with Lease(quick, grant, [], lambda _: left.set()):
        assert left.wait(10)
        took = time.monotonic() - began

    # then
    told = store.get(grant.id)
    assert 1.2 <= took < 5
    assert (told["status"], told["status_reason"]["code"]) == ("failed", "deadline_exceeded")
    assert "max_seconds = 1" in told["status_reason"]["message"]
    assert told["status_reason"]["retryable"] is False


def test_seconds_that_earlier_attempts_took_count(store, quick):
    # given a second attempt, after one that took its time
    submit(store, **with_seconds(1))
    first = store.claim(["default"], "w", "n")
    time.sleep(1.1)
    store.release(first.id, first.fence)
    grant = store.claim(["default"], "w", "n2")
    left, began = threading.Event(), time.monotonic()

    # when
    with Lease(quick, grant, [], lambda _: left.set()):
        assert left.wait(10)

    # then
    assert grant.spent >= 1.1
    assert time.monotonic() - began < 1
    assert store.get(grant.id)["status_reason"]["code"] == "deadline_exceeded"


def test_those_beside_one_past_its_deadline_go_back_unless_they_are_past_theirs(store, quick):
    # given three that train side by side
    for most in (1, 1, 100):
        submit(store, **with_seconds(most))
    grants = [store.claim(["default"], "w", f"n{number}") for number in range(3)]
    left = threading.Event()

    # when
    with contextlib.ExitStack() as leases:
        for grant in grants:
            leases.enter_context(Lease(quick, grant, [], lambda _: left.set()))
        assert left.wait(10)

    # then
    ended = [store.get(grant.id) for grant in grants]
    assert [one["status"] for one in ended] == ["failed", "failed", "queued"]
    assert [one["status_reason"]["code"] for one in ended[:2]] == ["deadline_exceeded"] * 2


def test_a_helper_ends_no_experiment_for_its_deadline(store, quick):
    # given a fold of an experiment whose time is over
    submit(store, **with_seconds(1))
    owner = store.claim(["default"], "w", "n")
    left = threading.Event()
    lease = _FoldLease(quick, FoldGrant(owner.id, owner.fence, 1, owner.spec, "token"))
    lease._leave = lambda _: left.set()
    lease._renew = lambda _: "go"

    # when
    with lease:
        over = left.wait(2)

    # then
    assert not over
    assert lease.noted is None
    assert store.get(owner.id)["status"] == "running"


def test_a_process_that_is_ended_for_one_gives_the_others_back_first(store, settings):
    # given two that train side by side, in a process that comes back to neither
    quick = settings.model_copy(
        update={"heartbeat": timedelta(seconds=0.05), "cancel_grace": timedelta(seconds=0.1)},
    )
    for _ in range(2):
        submit(store)
    one, other = (store.claim(["default"], "w", f"n{number}") for number in range(2))
    left = threading.Event()
    status = []

    def leave(code):
        status.append(code)
        left.set()

    # when one of them is cancelled
    with Lease(quick, one, [], leave), Lease(quick, other, [], leave):
        store.cancel(one.id)
        assert left.wait(5)

    # then
    assert set(status) == {KILLED}
    assert store.get(one.id)["status"] == "cancelled"
    told = store.get(other.id)
    assert (told["status"], told["attempts"][0]["ended"]) == ("queued", "released")
