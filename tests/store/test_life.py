"""Pause, resume, retry, losses, checkpoints, retention, repair: the scripts against a real server."""

import time
from datetime import timedelta

import pytest
import redis

from satnet.errors import Conflict, NotFound, StoreUnavailable
from satnet.store import Place, Store
from tests.store.test_store import entry, finish, record, submit


def claimed(store):
    experiment_id, _ = submit(store)
    return store.claim(["default"], "w", experiment_id)


def status(store, experiment_id):
    return store.get(experiment_id)["status"]


def due(raw):
    """Let every back-off be over."""
    for experiment_id in raw.zrange("sn:delayed", 0, -1):
        raw.zadd("sn:delayed", {experiment_id: 0})


def reap(store):
    time.sleep(0.003)  # a tick
    return store.reap()


def test_a_queued_one_pauses_at_once_and_resumes_into_its_place(store):
    # given
    first, _ = submit(store)
    second, _ = submit(store)

    # when
    assert store.pause(first) == "queued"
    assert store.pause(first) == "paused"

    # then it is no longer claimed, and comes back before the one that came later
    assert (status(store, first), store.queued_count("default")) == ("paused", 1)
    store.resume(first)
    assert store.claim(["default"], "w", "n").id == first
    assert store.claim(["default"], "w", "m").id == second


def test_a_running_one_hears_of_a_pause_and_keeps_what_it_measured(store):
    # given
    grant = claimed(store)
    store.epoch(grant.id, grant.fence, entry(record(0)), {"epoch": 0})

    # when
    assert store.pause(grant.id) == "running"
    assert store.get(grant.id)["message"] == "is being paused"
    assert store.heartbeat(grant.id, grant.fence) == "pause"
    assert store.release(grant.id, grant.fence)
    assert store.release(grant.id, grant.fence)  # the reply was lost

    # then
    document = store.get(grant.id)
    assert document["status"] == "paused"
    assert document["attempts"][0]["ended"] == "released"
    assert [one["epoch"] for one in store.epochs(grant.id)] == [0]


def test_a_resume_takes_back_a_pause_that_nobody_heard(store):
    # given
    grant = claimed(store)
    store.pause(grant.id)

    # when
    store.resume(grant.id)

    # then
    assert store.heartbeat(grant.id, grant.fence) == "go"


def test_failed_ones_resume_or_are_retried_and_succeeded_ones_are_not(store):
    # given
    grant = claimed(store)
    store.epoch(grant.id, grant.fence, entry(record(0)), {"epoch": 0})
    store.add_checkpoint(grant.id, grant.fence, "c", Place(None, 0), "sum", b"bytes")
    finish(store, grant, "failed")
    with pytest.raises(Conflict):
        store.pause(grant.id)

    # when resumed
    store.resume(grant.id)
    again = store.claim(["default"], "w", "n2")

    # then its checkpoint and its epochs are there
    assert (again.attempt, again.fence) == (2, 2)
    assert [one["content"] for one in store.checkpoints(grant.id)] == [b"bytes"]
    assert len(store.epochs(grant.id)) == 1

    # when retried
    finish(store, again, "failed")
    store.resume(grant.id, anew=True)
    store.resume(grant.id, anew=True)  # the reply was lost

    # then nothing is
    assert store.checkpoints(grant.id) == store.epochs(grant.id) == []
    last = store.claim(["default"], "w", "n3")
    assert finish(store, last) == "ok"
    for anew in (True, False):
        with pytest.raises(Conflict, match="succeeded"):
            store.resume(grant.id, anew=anew)


def test_only_what_is_over_is_retried(store):
    experiment_id, _ = submit(store)
    with pytest.raises(Conflict, match="queued"):
        store.resume(experiment_id, anew=True)
    for change in (store.pause, store.resume):
        with pytest.raises(NotFound):
            change("exp_none")


def test_three_losses_of_any_kind_end_it_with_the_last_reason(store, raw):
    # given
    experiment_id, _ = submit(store)
    outcomes = []

    # when
    for turn, code in enumerate(("out_of_memory", "stalled", "out_of_memory")):
        due(raw)
        reap(store)
        grant = store.claim(["default"], "w", f"n{turn}")
        outcomes.append(store.attempt_lost(experiment_id, grant.fence, code, "the device has not enough memory"))
        assert store.attempt_lost(experiment_id, grant.fence, code, "again") == "lost"  # the reply was lost

    # then
    assert outcomes == ["queued", "queued", "failed"]
    document = store.get(experiment_id)
    assert document["status_reason"]["code"] == "out_of_memory"
    assert document["status_reason"]["retryable"] is True
    assert [one["ended"] for one in document["attempts"]] == ["out_of_memory", "stalled", "out_of_memory"]


def test_time_counts_over_attempts_until_somebody_decides_anew(store):
    # given
    grant = claimed(store)
    time.sleep(0.05)
    store.release(grant.id, grant.fence)

    # when / then
    again = store.claim(["default"], "w", "n2")
    assert 0.05 <= again.spent < 5
    finish(store, again, "failed")
    store.resume(grant.id)
    assert store.claim(["default"], "w", "n3").spent == 0


def test_two_checkpoints_are_kept_and_the_rest_is_named(store):
    # given
    grant = claimed(store)

    # when
    dropped = [
        store.add_checkpoint(grant.id, grant.fence, f"c{number}", Place(None, number), "s", b"x" * number)
        for number in (1, 2, 3)
    ]
    repeated = store.add_checkpoint(grant.id, grant.fence, "c3", Place(None, 3), "s", b"xxx")

    # then
    assert dropped == [[], [], ["c1"]]
    assert repeated == []
    assert [(one["name"], one["epoch"], one["content"]) for one in store.checkpoints(grant.id)] == [
        ("c3", 3, b"xxx"),
        ("c2", 2, b"xx"),
    ]


def test_a_late_attempt_registers_nothing_and_rewinds_nothing(store):
    # given an attempt that was lost, and its successor
    grant = claimed(store)
    store.attempt_lost(grant.id, grant.fence, "stalled", "m")
    newer = store.claim(["default"], "w2", "n2")
    store.epoch(newer.id, newer.fence, entry(record(0)), {})

    # when / then
    assert store.add_checkpoint(grant.id, grant.fence, "late", Place(None, 9), "s", b"") is None
    assert not store.rewind(grant.id, grant.fence, None, [])
    assert not store.epoch(grant.id, grant.fence, entry(record(1)), {})
    assert finish(store, grant) == "lost"
    assert not store.release(grant.id, grant.fence)
    assert store.heartbeat(grant.id, grant.fence) == "lost"
    assert [one["epoch"] for one in store.epochs(grant.id)] == [0]


@pytest.mark.parametrize(
    ("place", "left"),
    [
        (None, []),
        (Place(None, 1), [(None, 0), (None, 1)]),
        (Place(1, 0), [(0, 0), (0, 1), (0, 2), (1, 0)]),
    ],
)
def test_rewinding_forgets_what_came_later(store, place, left):
    # given
    grant = claimed(store)
    folds = (0, 1) if place is not None and place.fold is not None else (None,)
    for fold in folds:
        for epoch in range(3):
            store.epoch(grant.id, grant.fence, entry(record(epoch) | {"fold": fold}), {})

    # when, twice, as after a lost reply
    assert store.rewind(grant.id, grant.fence, place, ["broken"])
    assert store.rewind(grant.id, grant.fence, place, ["broken"])

    # then
    assert [(one["fold"], one["epoch"]) for one in store.epochs(grant.id)] == left
    attempt = store.get(grant.id)["attempts"][-1]
    assert attempt["resumed_from"] == (None if place is None else {"fold": place.fold, "epoch": place.epoch})
    kinds = [one["type"] for one in store.events(grant.id)]
    assert kinds.count("checkpoint_skipped") == kinds.count("rewound") == 1


def test_what_is_over_expires_with_its_indexes_unless_it_is_kept(settings, raw):
    # given
    store = Store(settings.model_copy(update={"retention": timedelta(milliseconds=30)}))
    gone, pinned = claimed(store), claimed(store)
    finish(store, gone)
    finish(store, pinned, "failed")
    store.patch(pinned.id, {"keep": True})

    # when
    time.sleep(0.05)
    outcome = reap(store)

    # then
    assert outcome == [(gone.id, "expired")]
    with pytest.raises(NotFound):
        store.get(gone.id)
    assert store.counts() == dict.fromkeys(store.counts(), 0) | {"failed": 1}
    assert not [key for key in raw.keys("sn:*") if gone.id in key and not key.startswith("sn:nonce")]

    # when it is pinned no longer
    store.patch(pinned.id, {"keep": False})
    time.sleep(0.05)

    # then
    assert reap(store) == [(pinned.id, "expired")]
    assert raw.zcard("sn:ix:all") == 0
    store.close()


def test_indexes_that_lie_are_mended(store, raw):
    # given a queued, a running and a finished one whose indexes somebody lost or mixed up
    waiting, _ = submit(store)
    raw.zrem("sn:q:default", waiting)
    store.pause(submit(store)[0])
    running, over = claimed(store), claimed(store)
    finish(store, over)
    raw.zrem("sn:leases", running.id)
    raw.zrem("sn:ix:running", running.id)
    raw.zadd("sn:ix:queued", {over.id: 1, "exp_ghost": 1})
    raw.zadd("sn:ix:all", {"exp_ghost": 1})
    raw.zadd("sn:leases", {over.id: 1})

    # when
    mended = [one for _ in range(8) for one in store.repair(3)]

    # then
    assert set(mended) == {waiting, running.id, over.id, "exp_ghost"}
    assert store.counts() == dict.fromkeys(store.counts(), 0) | {
        "queued": 1,
        "running": 1,
        "paused": 1,
        "succeeded": 1,
    }
    assert raw.zrange("sn:leases", 0, -1) == [running.id]
    assert raw.zrange("sn:q:default", 0, -1) == [waiting]
    assert [one for _ in range(8) for one in store.repair(3)] == []


def test_a_full_store_takes_no_more_and_lets_what_runs_finish(store, raw):
    # given
    grant = claimed(store)
    used = raw.info("memory")["used_memory"]
    raw.config_set("maxmemory", int(used * 1.1))
    try:
        # when / then
        with pytest.raises(StoreUnavailable, match="80 %"):
            submit(store)
        raw.config_set("maxmemory", int(used * 0.5))
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            raw.set("anything", "x")
        assert store.heartbeat(grant.id, grant.fence) == "go"
        assert store.epoch(grant.id, grant.fence, entry(record(0)), {})
        assert finish(store, grant) == "ok"
    finally:
        raw.config_set("maxmemory", 0)


def test_scripts_survive_a_flush(store, raw):
    # given
    grant = claimed(store)

    # when
    raw.script_flush()

    # then
    assert store.heartbeat(grant.id, grant.fence) == "go"
    assert finish(store, grant) == "ok"
