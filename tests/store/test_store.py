"""The Lua scripts against a real server: what each promises, once and repeated."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis

from satnet.errors import Conflict, IdempotencyKeyReused, NotFound
from satnet.records.epoch_log import LoggedEpoch
from satnet.records.ids import new_id
from satnet.spec import parse_spec
from satnet.store import Store

SPEC = parse_spec(
    {
        "dataset": {"name": "digits"},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
        "seed": 1,
    }
)


def submit(store, key=None, fingerprint="", group="", **changes):
    spec = SPEC.to_json() | changes
    return store.submit(
        experiment_id=new_id(),
        spec=spec,
        spec_sha256=SPEC.sha256,
        queue="default",
        idempotency_key=key,
        fingerprint=fingerprint,
        group=group,
    )


def record(epoch):
    metrics = {"loss": 0.1 + 0.2, "accuracy": 0.5}
    return {
        "epoch": epoch,
        "fold": None,
        "seconds": 0.1,
        "train": metrics,
        "validation": metrics,
        "layers": [],
    }


def entry(content):
    return LoggedEpoch(content, {"dense_1": {"gate": [0.5]}}, [{"id": "saturated_at_start:dense_1"}])


def finish(store, grant, status="succeeded"):
    return store.finish(grant.id, grant.fence, status, summary={"x": 1}, environment={})


def test_submitted_experiment_is_queued_with_its_spec(store):
    # when
    experiment_id, replayed = submit(store, labels={"course": "ldl"})

    # then
    document = store.get(experiment_id)
    assert not replayed
    assert document["status"] == "queued"
    assert document["queue"]["position"] == 1
    assert document["progress"]["epoch"] == 0
    assert document["spec"] == SPEC.to_json() | {"labels": {"course": "ldl"}}
    assert [event["type"] for event in store.events(experiment_id)] == ["status"]


def test_one_idempotency_key_fifty_times_at_once_is_one_experiment(store):
    # when
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: submit(store, "key", "body"), range(50)))

    # then
    assert len({experiment_id for experiment_id, _ in answers}) == 1
    assert sum(not replayed for _, replayed in answers) == 1
    with pytest.raises(IdempotencyKeyReused):
        submit(store, "key", "another body")


def test_claim_takes_the_highest_priority_then_the_oldest(store):
    # given
    first, _ = submit(store)
    second, _ = submit(store)
    urgent, _ = submit(store, priority=5)

    # when
    order = [store.claim(["default"], "w", f"n{i}").id for i in range(3)]

    # then
    assert order == [urgent, first, second]
    assert store.claim(["default"], "w", "n4") is None


def test_repeated_claim_with_one_nonce_brings_the_same_grant(store):
    # given
    submit(store)
    submit(store)

    # when / then
    assert store.claim(["default"], "w", "same") == store.claim(["default"], "w", "same")


def test_finished_once_and_never_again(store):
    # given
    experiment_id, _ = submit(store)
    grant = store.claim(["default"], "w", "n")
    assert store.epoch(experiment_id, grant.fence, entry(record(0)), {"epoch": 0})
    assert store.epoch(experiment_id, grant.fence, entry(record(0)), {"epoch": 0})

    # when
    outcomes = [finish(store, grant), finish(store, grant, "failed")]

    # then
    assert outcomes == ["ok", "duplicate"]
    document = store.get(experiment_id)
    assert (document["status"], document["is_terminal"]) == ("succeeded", True)
    assert document["attempts"][0]["ended"] == "succeeded"
    assert [one["to"] for one in document["transitions"]] == ["running", "succeeded"]
    assert store.epochs(experiment_id) == [record(0)]
    assert not store.epoch(experiment_id, grant.fence, entry(record(1)), {})


def test_dead_worker_is_reaped_and_its_late_writes_are_refused(store, raw):
    # given a worker that fell silent
    experiment_id, _ = submit(store)
    late = store.claim(["default"], "dead", "n1")
    raw.zadd("sn:leases", {experiment_id: 0})

    # when
    assert store.reap() == [(experiment_id, "queued")]
    heir = store.claim(["default"], "alive", "n2")

    # then
    assert (heir.id, heir.attempt, heir.fence > late.fence) == (experiment_id, 2, True)
    assert store.heartbeat(experiment_id, late.fence) == "lost"
    assert not store.epoch(experiment_id, late.fence, entry(record(1)), {})
    assert finish(store, late) == "lost"
    assert finish(store, heir) == "ok"


def test_third_loss_ends_as_worker_lost(store, raw):
    # given
    experiment_id, _ = submit(store)
    for loss in range(3):
        time.sleep(0.01)  # one reaper tick, of a millisecond here
        raw.zadd("sn:delayed", {experiment_id: 0}, xx=True)
        store.reap()
        store.heartbeat(experiment_id, store.claim(["default"], "w", f"n{loss}").fence)
        raw.zadd("sn:leases", {experiment_id: 0})

        # when
        time.sleep(0.01)
        store.reap()

    # then
    assert store.get(experiment_id)["status_reason"]["code"] == "worker_lost"


def test_the_first_loss_waits_for_nothing_and_the_second_five_seconds(store, raw):
    # given
    experiment_id, _ = submit(store)

    # when
    first = store.claim(["default"], "w", "n1")
    store.attempt_lost(experiment_id, first.fence, "stalled", "m")
    second = store.claim(["default"], "w", "n2")
    store.attempt_lost(experiment_id, second.fence, "stalled", "m")

    # then
    assert store.claim(["default"], "w", "n3") is None
    assert 4 < raw.zscore("sn:delayed", experiment_id) / 1000 - time.time() <= 5


def test_a_claim_that_no_worker_heard_of_costs_nothing(store, raw):
    # given
    experiment_id, _ = submit(store)

    # when
    for loss in range(5):
        store.claim(["default"], "w", f"n{loss}")
        raw.zadd("sn:leases", {experiment_id: 0})
        time.sleep(0.01)
        assert store.reap() == [(experiment_id, "queued")]

    # then
    assert store.queued_count("default") == 1


def test_no_lease_is_reaped_right_after_nobody_could_look(store):
    # given a server that stood still for a while, as heartbeats see it
    experiment_id, _ = submit(store)
    store.claim(["default"], "w", "n")
    store.reap()
    time.sleep(0.7)

    # when / then: the first to come after that
    assert store.reap() == []
    assert store.heartbeat(experiment_id, 1) == "go"


def test_no_lease_is_reaped_right_after_a_redis_restart(store, raw):
    # given a reaper that knew another run of the server, and has not looked since
    experiment_id, _ = submit(store)
    store.claim(["default"], "w", "n")
    raw.set("sn:run_id", "another")
    raw.set("sn:looked_at", 1000 * time.time() - 5500)
    raw.zadd("sn:leases", {experiment_id: 1000 * time.time() - 5000})

    # when / then
    assert store.reap() == []
    assert store.get(experiment_id)["status"] == "running"


def test_no_lease_is_reaped_after_an_outage_before_anybody_looked(store, raw):
    # given a first claim, and a server that then stands still for 5 s
    experiment_id, _ = submit(store)
    grant = store.claim(["default"], "w", "n")
    raw.set("sn:looked_at", float(raw.get("sn:looked_at")) - 5000)
    raw.zadd("sn:leases", {experiment_id: 1000 * time.time() - 4500})

    # when / then
    assert store.reap() == []
    assert store.heartbeat(experiment_id, grant.fence) == "go"


def restarted(store, raw, away_ms):
    """As after a restart that took so long: the lease clock has gone on, and nobody could renew."""
    raw.set("sn:run_id", "another")
    raw.set("sn:looked_at", float(raw.get("sn:looked_at")) - away_ms)
    for experiment_id, end in raw.zrange("sn:leases", 0, -1, withscores=True):
        raw.zadd("sn:leases", {experiment_id: end - away_ms})
    time.sleep(0.01)
    return store.reap()


def test_restarts_in_a_row_do_not_keep_a_dead_worker_s_experiment_for_ever(settings, raw):
    # given a lease of 0.5 s and a grace of 0.3 s on top of it
    store = Store(settings.model_copy(update={"redis_grace": timedelta(seconds=0.3)}))
    experiment_id, _ = submit(store)
    store.reap()
    grant = store.claim(["default"], "w", "n")
    store.heartbeat(experiment_id, grant.fence)

    # when the store starts anew every 0.2 s, and is away for 30 s each time
    began, reaped, away = time.monotonic(), [], 0
    while not reaped and time.monotonic() - began < 5:
        reaped, away = restarted(store, raw, 30_000), away + 1
        for _ in range(10):
            time.sleep(0.02)
            reaped = reaped or store.reap()

    # then it is taken back once the worker was silent for 0.8 s in all while the store was up
    assert reaped == [(experiment_id, "queued")]
    assert 0.75 < time.monotonic() - began < 2
    assert away > 2
    store.close()


def test_restarts_in_a_row_take_nothing_from_a_worker_that_lives(settings, raw):
    # given
    store = Store(settings.model_copy(update={"redis_grace": timedelta(seconds=0.3)}))
    experiment_id, _ = submit(store)
    store.reap()
    grant = store.claim(["default"], "w", "n")

    # when / then
    for _ in range(8):
        assert restarted(store, raw, 30_000) == []
        time.sleep(0.2)
        assert store.heartbeat(experiment_id, grant.fence) == "go"
    store.close()


def test_cancel_is_at_once_when_queued_and_told_when_running(store):
    # given
    queued, _ = submit(store, priority=-1)
    running, _ = submit(store)
    grant = store.claim(["default"], "w", "n")

    # when
    store.cancel(queued)
    store.cancel(running)

    # then
    assert store.get(queued)["status"] == "cancelled"
    assert store.claim(["default"], "w", "n2") is None
    assert store.heartbeat(running, grant.fence) == "cancel"
    assert store.cancel(queued) == "cancelled"


def test_released_experiment_waits_again_without_a_loss(store):
    # given
    experiment_id, _ = submit(store)
    grant = store.claim(["default"], "w", "n")

    # when / then
    assert store.release(experiment_id, grant.fence)
    assert store.get(experiment_id)["status"] == "queued"
    assert store.release(experiment_id, grant.fence)  # as after a lost reply: the same answer, and nothing more
    assert store.queued_count("default") == 1


def test_list_pages_without_gap_or_repeat(store):
    # given
    identities = [submit(store, labels={"n": str(i % 2)})[0] for i in range(25)]

    # when
    seen, after = [], None
    while True:
        page = store.list(limit=4, after=after)
        seen += [one["id"] for one in page["data"]]
        after = page["next"]
        if not page["has_more"]:
            break

    # then
    assert sorted(seen) == sorted(identities)
    assert len(seen) == 25
    assert len(store.list(labels={"n": "1"}, limit=200)["data"]) == 12
    assert store.list(status="running")["data"] == []
    assert len(store.list(dataset="digits", order="created_at", limit=200)["data"]) == 25


def test_a_page_takes_as_many_round_trips_however_long_it_is(store, monkeypatch):
    # given
    for _ in range(30):
        submit(store)
    store.worker_seen("w", {"queues": ["default"]})
    sent = []
    send = redis.Connection.send_packed_command
    monkeypatch.setattr(redis.Connection, "send_packed_command", lambda *a, **k: (sent.append(1), send(*a, **k))[1])

    # when
    places = [one["queue"]["position"] for one in store.list(limit=30)["data"]]
    long = len(sent)
    store.list(limit=1)

    # then
    assert sorted(places) == list(range(1, 31))
    assert long == len(sent) - long <= 4


def test_workers_that_were_silent_for_long_leave_the_set_of_workers(store, raw):
    # given
    raw.zadd("sn:workers", {"gone": 1.0})

    # when
    store.worker_seen("w", {})

    # then
    assert raw.zrange("sn:workers", 0, -1) == ["w"]
    assert [one["id"] for one in store.workers()] == ["w"]


def test_delete_needs_a_terminal_experiment(store):
    # given
    experiment_id, _ = submit(store)

    # when / then
    with pytest.raises(Conflict):
        store.delete(experiment_id)
    store.cancel(experiment_id)
    store.delete(experiment_id)
    with pytest.raises(NotFound):
        store.get(experiment_id)
    assert store.list()["data"] == []


def test_scripts_survive_script_flush(store, raw):
    # given
    submit(store)
    raw.script_flush()

    # when / then
    assert store.claim(["default"], "w", "n") is not None
