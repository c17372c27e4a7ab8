"""The life of a sweep over a real store; workers are played by hand."""

import contextlib
import itertools
import time

import pytest

from satnet.errors import StoreUnavailable
from satnet.records.epoch_log import LoggedEpoch
from satnet.service import sweep_steps
from satnet.service import sweep_views as answers
from satnet.service.housekeeping import look_after
from satnet.service.sweep_steps import advance, look_after_sweeps
from satnet.store import Store
from satnet.sweeps.objective import outcome
from satnet.sweeps.parse import parse_sweep
from tests.faults import stub
from tests.sweeps.bodies import base, grid

NONCES = itertools.count()


@pytest.fixture
def sweep(store, settings):
    """Create and take one step; what was woken."""

    def create(**changes):
        parsed = parse_sweep(grid(**changes))
        sweep_id, _ = store.create_sweep(f"swp_{next(NONCES)}", parsed.to_json(), None, "")
        step(store, settings, sweep_id)
        return sweep_id

    return create


def step(store, settings, sweep_id):
    woken = []
    assert advance(store, settings, sweep_id, woken.append)
    return woken


def play(store, value=0.5, status="succeeded", stop_reason="completed"):
    """Claim one trial and end it; its id, or None."""
    grant = store.claim(["default"], "w", f"a{next(NONCES)}")
    if grant is None:
        return None
    records = [stub.record(0, value), stub.record(1, value)]
    for one in records:
        store.epoch(grant.id, grant.fence, LoggedEpoch(one, None, None), {})
    told = outcome(records, "validation.loss", -1.0, "last")
    reason = {"code": "data_error", "message": "m", "retryable": False} if status == "failed" else None
    more = {"summary": {}, "environment": {}, "objective": told, "status_reason": reason}
    store.finish(grant.id, grant.fence, status, stop_reason=stop_reason, **more)
    return grant.id


def statuses(store, sweep_id):
    return [trial.status for trial in store.trials(sweep_id)]


def test_a_grid_is_queued_at_once_and_ends_with_its_trials(store, settings, sweep):
    # given
    sweep_id = sweep()
    assert statuses(store, sweep_id) == 4 * ["queued"]

    # when
    for value in (0.4, 0.3, 0.2, 0.5):
        assert store.sweep(sweep_id).status == "running"
        play(store, value)
        step(store, settings, sweep_id)

    # then
    told = answers.document(store, sweep_id)
    assert (told["status"], told["progress"]["fraction"]) == ("succeeded", 1.0)
    assert told["best"]["value"] == answers.best(store, sweep_id)["best"]["value"]
    assert store.trials_open(sweep_id) == 0
    assert store.open_sweeps() == []


def test_workers_are_woken_and_not_once_a_trial(store, settings):
    # given
    store.worker_seen("w", {"queues": ["default"]})
    sweep_id, _ = store.create_sweep(f"swp_{next(NONCES)}", parse_sweep(grid(repeats=3)).to_json(), None, "")

    # when / then
    assert step(store, settings, sweep_id) == ["default", "default"]


def test_a_step_may_be_taken_again_and_by_several_at_once(store, settings, sweep):
    # given
    sweep_id = sweep(repeats=2)
    other = Store(settings)

    # when
    with store.sweep_turn(sweep_id) as mine:
        assert mine
        assert advance(other, settings, sweep_id, lambda _: None) is False
    for _ in range(3):
        step(other, settings, sweep_id)
    look_after_sweeps(other, settings, lambda _: None)
    other.close()

    # then
    assert len(store.trials(sweep_id)) == 8
    assert store.counts()["queued"] == 8


def test_a_broken_sweep_keeps_neither_another_nor_the_queues_from_being_looked_after(store, settings, raw):
    # given one that this version cannot read, and one that nobody has taken a step for
    store.create_sweep("swp_broken", parse_sweep(grid()).to_json(), None, "")
    raw.hset("sn:sweep:swp_broken", "spec", '{"of": "another time"}')
    sweep_id, _ = store.create_sweep("swp_whole", parse_sweep(grid()).to_json(), None, "")
    store.worker_seen("w", {"queues": ["default"]})
    woken = []

    # when
    for _ in range(2):
        time.sleep(0.003)  # a tick
        look_after(store, settings, woken.append)

    # then
    assert statuses(store, sweep_id) == 4 * ["queued"]
    assert "default" in woken


def test_points_that_are_no_specs_are_told_and_not_trained(store, settings, sweep):
    # given
    losses = ["categorical_crossentropy", "binary_crossentropy"]
    sweep_id = sweep(parameters={"/loss": losses})

    # when
    play(store)
    step(store, settings, sweep_id)
    rows = answers.trial_rows(store, sweep_id, None, "trial")

    # then
    assert [row["status"] for row in rows] == ["succeeded", "invalid"]
    assert rows[1]["errors"][0]["pointer"] == "#/loss"
    assert store.sweep(sweep_id).status == "succeeded"


def test_equal_specs_are_trained_once_unless_asked(store, settings, sweep):
    # given
    same = {"/layers/1/kernel_initializer": ["he_normal", {"name": "he_normal"}]}
    first = sweep(parameters=same)

    # when
    done = play(store, 0.25)
    step(store, settings, first)
    again, asked = sweep(parameters=same), sweep(parameters=same, reuse=False)

    # then
    assert [trial.experiment for trial in store.trials(first)] == [done, done]
    assert [(trial.reused, trial.objective["value"]) for trial in store.trials(again)] == 2 * [(True, 0.25)]
    step(store, settings, again)
    assert store.sweep(again).status == "succeeded"
    assert statuses(store, asked) == ["queued", "queued"]


def test_what_ended_early_does_not_stand_for_a_whole_run(store, sweep):
    # given
    one = {"/layers/1/kernel_initializer": ["he_normal"]}
    sweep(parameters=one)
    play(store, stop_reason="asha")

    # when / then
    assert statuses(store, sweep(parameters=one)) == ["queued"]


def test_cancel_ends_what_is_queued_and_tells_what_runs(store, settings, sweep):
    # given
    sweep_id = sweep()
    running = store.claim(["default"], "w", "c1")

    # when
    store.set_sweep_status(sweep_id, "cancelled", ("running",))
    step(store, settings, sweep_id)

    # then
    assert sorted(statuses(store, sweep_id)) == ["cancelled", "cancelled", "cancelled", "running"]
    assert store.heartbeat(running.id, running.fence) == "cancel"
    store.finish(running.id, running.fence, "cancelled", summary=None, environment=None)
    assert store.trials_open(sweep_id) == 0
    assert play(store) is None


def test_paused_and_resumed(store, settings, sweep):
    # given
    sweep_id = sweep()
    store.set_sweep_status(sweep_id, "paused", ("running",))
    step(store, settings, sweep_id)
    assert statuses(store, sweep_id) == 4 * ["paused"]

    # when
    store.set_sweep_status(sweep_id, "running", ("paused",))
    for trial in store.trials(sweep_id):
        store.resume(trial.experiment)
    step(store, settings, sweep_id)

    # then
    assert statuses(store, sweep_id) == 4 * ["queued"]


def test_tpe_asks_as_trials_end(store, settings, sweep):
    # given
    space = {"/optimizer/learning_rate": {"log_uniform": [0.001, 1.0]}}
    sweep_id = sweep(parameters=space, search="tpe", trials=6, parallel=2)
    assert len(store.trials(sweep_id)) == 2

    # when
    seen = []
    while play(store, 0.1 * (len(seen) + 1)):
        step(store, settings, sweep_id)
        seen.append(store.trials_open(sweep_id))

    # then
    assert len(store.trials(sweep_id)) == 6
    assert max(seen) == 2
    assert store.sweep(sweep_id).status == "succeeded"
    told = answers.importance(store, sweep_id, "fanova")
    assert told["data"] == [{"parameter": "/optimizer/learning_rate", "importance": pytest.approx(1.0)}]
    assert "noise" in told["warning"]


def test_a_sweep_whose_trials_all_fail_has_failed_and_can_go_on(store, settings, sweep):
    # given
    sweep_id = sweep(parameters={"/layers/1/units": [3, 4]})
    play(store, status="failed")
    play(store, status="failed")
    step(store, settings, sweep_id)
    assert store.sweep(sweep_id).status == "failed"
    assert answers.best(store, sweep_id)["verdict"] == "nothing_succeeded"

    # when
    store.set_sweep_status(sweep_id, "running")
    for trial in store.trials(sweep_id):
        store.resume(trial.experiment, anew=True)
    play(store)
    play(store)
    step(store, settings, sweep_id)

    # then
    assert store.sweep(sweep_id).status == "succeeded"


def test_a_sweep_that_is_to_be_resumed_is_not_ended_by_a_step_that_began_before(store, settings, sweep):
    # given a step that has seen all trials cancelled
    sweep_id = sweep()
    store.set_sweep_status(sweep_id, "cancelled")
    step(store, settings, sweep_id)
    assert statuses(store, sweep_id) == 4 * ["cancelled"]

    # when
    store.resume_sweep(sweep_id, failed=False, allowed=("running", "paused", "cancelled"))
    store.set_sweep_status(sweep_id, "failed", ("running",))

    # then it runs, and the next step, whoever takes it, resumes the trials
    assert store.sweep(sweep_id).status == "running"
    look_after_sweeps(store, settings, [].append)
    assert statuses(store, sweep_id) == 4 * ["queued"]
    assert store.sweep(sweep_id).resume_asked is None
    for _ in range(4):
        play(store)
    step(store, settings, sweep_id)
    assert store.sweep(sweep_id).status == "succeeded"


def test_a_rerun_starts_nothing_but_what_failed_and_only_once(store, settings, sweep):
    # given
    sweep_id = sweep(parameters={"/layers/1/units": [3, 4]})
    play(store)
    play(store, status="failed")
    step(store, settings, sweep_id)

    # when
    store.resume_sweep(sweep_id, failed=True)
    step(store, settings, sweep_id)
    rerun = sorted(statuses(store, sweep_id))
    play(store, status="failed")
    step(store, settings, sweep_id)

    # then
    assert rerun == ["queued", "succeeded"]
    assert sorted(statuses(store, sweep_id)) == ["failed", "succeeded"]
    assert store.sweep(sweep_id).status == "succeeded"


def test_a_group_is_claimed_in_one_step_and_shared_among_workers(store, sweep):
    # given
    rates = [0.001 * number for number in range(1, 9)]
    sweep(parameters={"/optimizer/learning_rate": rates, "/layers/1/activation": ["tanh", "relu"]})

    # when
    first = store.claim_group(["default"], "w1", "g1", 32)
    again = store.claim_group(["default"], "w1", "g1", 32)
    for name in ("w1", "w2"):
        store.worker_seen(name, {})
    half = store.claim_group(["default"], "w2", "g2", 32)
    alone = store.claim(["default"], "w3", "g3")

    # then
    assert len(first) == 8
    assert again == first
    assert {grant.spec["layers"][1]["activation"] for grant in first} == {"tanh"}
    assert len(half) == 4
    assert alone.id not in {grant.id for grant in half}


def test_one_that_went_back_to_the_queue_trains_alone(store, sweep):
    # given
    sweep(parameters={"/optimizer/learning_rate": [0.1, 0.2, 0.3]})
    group = store.claim_group(["default"], "w", "h1", 32)

    # when
    for grant in group:
        assert store.release(grant.id, grant.fence)

    # then
    assert [len(store.claim_group(["default"], "w", f"h{number}", 32)) for number in (2, 3, 4, 5)] == [1, 1, 1, 0]


def test_trials_are_listed_by_their_sweep(store, sweep):
    # given
    sweep_id = sweep()
    sweep(base=base(seed=2))
    done = play(store)

    # when
    page = store.list(sweep=sweep_id, limit=3)
    rest = store.list(sweep=sweep_id, limit=3, after=page["next"])

    # then
    assert {one["sweep"] for one in page["data"] + rest["data"]} == {sweep_id}
    assert (len(page["data"]), len(rest["data"])) == (3, 1)
    assert [one["id"] for one in store.list(sweep=sweep_id, status="succeeded")["data"]] == [done]
    store.delete(done)
    assert len(store.list(sweep=sweep_id)["data"]) == 3
    assert "deleted" in statuses(store, sweep_id)


def test_a_sweep_that_cannot_go_on_ends_with_its_reason(store, settings, sweep, monkeypatch):
    # given a sweep whose next step fails in a way that no wait mends
    sweep_id = sweep()

    def overflow(*_):
        raise OverflowError("result is too large")

    monkeypatch.setattr(sweep_steps, "next_points", overflow)

    # when
    seen = []
    for _ in range(3):
        step(store, settings, sweep_id)
        seen.append(answers.document(store, sweep_id)["status"])

    # then its trials end with it, and nobody takes it up again
    document = answers.document(store, sweep_id)
    assert seen == ["running", "running", "failed"]
    assert document["status_reason"]["code"] == "internal_error"
    assert "OverflowError: result is too large" in document["status_reason"]["message"]
    assert set(statuses(store, sweep_id)) == {"cancelled"}
    assert sweep_id not in store.open_sweeps()


@pytest.mark.parametrize("error", [StoreUnavailable("Redis cannot be reached"), OverflowError("once")])
def test_a_passing_failure_does_not_end_a_sweep(store, settings, sweep, monkeypatch, error):
    # given
    sweep_id, original = sweep(), sweep_steps.next_points
    troubles = itertools.cycle([error, error, None])

    def now_and_then(*given):
        trouble = next(troubles)
        if trouble is not None:
            raise trouble
        return original(*given)

    monkeypatch.setattr(sweep_steps, "next_points", now_and_then)

    # when
    for _ in range(9):
        with contextlib.suppress(StoreUnavailable):
            advance(store, settings, sweep_id, lambda _: None)

    # then
    assert answers.document(store, sweep_id)["status"] == "running"
    assert answers.document(store, sweep_id)["status_reason"] is None


def test_a_step_that_is_cut_wakes_workers_for_what_it_stored(store, settings, monkeypatch):
    # given a store that is away once all trials are there
    parsed, original, calls, woken = parse_sweep(grid()), Store.trials, itertools.count(), []
    sweep_id, _ = store.create_sweep(f"swp_{next(NONCES)}", parsed.to_json(), None, "")

    def once(*given):
        if next(calls):
            raise StoreUnavailable("away")
        return original(*given)

    # when
    with monkeypatch.context() as patched:
        patched.setattr(Store, "trials", once)
        with pytest.raises(StoreUnavailable):
            advance(store, settings, sweep_id, woken.append)

    # then
    assert len(store.trials(sweep_id)) == 4
    assert set(woken) == {"default"}


def test_a_sweep_waits_for_room_and_does_not_end_before_its_last_trial(store, settings):
    # given room for two of four trials
    small = settings.model_copy(update={"max_open_experiments": 2})
    narrow = Store(small)
    parsed = parse_sweep(grid())
    sweep_id, _ = store.create_sweep("swp_narrow", parsed.to_json(), None, "")
    step(narrow, small, sweep_id)
    assert statuses(store, sweep_id) == ["queued"] * 2

    # when those end
    while play(store):
        pass
    look_after_sweeps(narrow, small, lambda _: None)

    # then the others follow, and only then it is over
    assert store.sweep(sweep_id).status == "running"
    assert sorted(statuses(store, sweep_id)) == ["queued", "queued", "succeeded", "succeeded"]
    while play(store):
        pass
    look_after_sweeps(narrow, small, lambda _: None)
    assert store.sweep(sweep_id).status == "succeeded"
    narrow.close()
