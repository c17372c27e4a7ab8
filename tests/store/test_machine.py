"""The life of experiments as a state machine: any order of calls, repeated and late ones too, keeps every invariant."""

import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from satnet.errors import Conflict, Interrupted
from satnet.settings import Settings
from satnet.store import Place, Store
from tests.faults.invariants import broken
from tests.store.test_store import entry, record, submit

_LATE = 1_000_000.0  # leases end only when the clock is put forward


class Life(RuleBasedStateMachine):
    """Redis's clock is put forward by moving every date in the sets back."""

    url = ""

    @initialize()
    def start(self):
        self.raw = redis.Redis.from_url(self.url, decode_responses=True)
        self.raw.flushall()
        self.store = Store(Settings(redis_url=self.url, reaper_tick=0.001, redis_grace=0))
        self.ids, self.grants, self.results = [], [], {}
        self.fences, self.number = {}, 0
        self.offered, self.helpers, self.brought = set(), [], set()
        self.last = lambda: None

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.raw.close()

    def do(self, call):
        self.last = call
        return call()

    @rule(priority=st.integers(-2, 2), group=st.sampled_from(["", "g", "h"]))
    def submitted(self, priority, group):
        self.number, self.last = self.number + 1, lambda: None
        experiment_id, _ = submit(self.store, f"key{self.number}", "body", group, priority=priority)
        assert submit(self.store, f"key{self.number}", "body") == (experiment_id, True)
        self.ids.append(experiment_id)

    @rule(most=st.integers(1, 3))
    def claim(self, most):
        self.number += 1
        nonce = f"nonce{self.number}"
        head = self.raw.zrange("sn:q:default", 0, 0)
        grants = self.do(lambda: self.store.claim_group(["default"], "w", nonce, most))
        assert [one.id for one in grants[:1]] == head
        assert len(grants) <= most
        if len(grants) > 1:  # side by side: of one group, and at their first attempt
            assert len({self.raw.hget(f"sn:exp:{one.id}", "group") for one in grants} - {""}) == 1
            assert {one.attempt for one in grants} == {1}
        for grant in grants:
            assert grant.fence > self.fences.get(grant.id, 0)
            self.fences[grant.id] = grant.fence
        self.grants += grants
        if grants:
            assert self.store.claim_group(["default"], "w", nonce, most) == grants

    def owns(self, grant):
        status, fence = self.raw.hmget(f"sn:exp:{grant.id}", "status", "fence")
        return status == "running" and int(fence) == grant.fence

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def heartbeat(self, data):
        grant = data.draw(st.sampled_from(self.grants))
        owned = self.owns(grant)
        verdict = self.do(lambda: self.store.heartbeat(grant.id, grant.fence))
        assert (verdict == "lost") == (not owned)

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def epoch(self, data):
        grant = data.draw(st.sampled_from(self.grants))
        owned, number = self.owns(grant), len(self.store.epochs(grant.id))
        assert self.do(lambda: self.store.epoch(grant.id, grant.fence, entry(record(number)), {})) == owned

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def checkpoint(self, data):
        grant, self.number = data.draw(st.sampled_from(self.grants)), self.number + 1
        owned, name, place = self.owns(grant), f"c{self.number}", Place(None, self.number)
        kept = self.do(lambda: self.store.add_checkpoint(grant.id, grant.fence, name, place, "s", b"x"))
        assert (kept is not None) == owned
        assert len(self.store.checkpoints(grant.id)) <= 2

    @precondition(lambda self: self.grants)
    @rule(data=st.data(), epoch=st.integers(-1, 3))
    def rewind(self, data, epoch):
        grant = data.draw(st.sampled_from(self.grants))
        owned, place = self.owns(grant), None if epoch < 0 else Place(None, epoch)
        assert self.do(lambda: self.store.rewind(grant.id, grant.fence, place, [])) == owned

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def offer_folds(self, data):
        grant = data.draw(st.sampled_from(self.grants))
        owned = self.owns(grant)
        assert (self.do(lambda: self.store.offer_folds(grant.id, grant.fence, 1, 3)) is not None) == owned
        self.offered |= {(grant.id, grant.fence)} if owned else set()

    @precondition(lambda self: self.offered)
    @rule()
    def help_with_fold(self):
        self.number += 1
        nonce = f"nonce{self.number}"
        grant = self.do(lambda: self.store.claim_fold(["default"], nonce))
        if grant is None:
            return
        assert (grant.id, grant.fence) in self.offered
        assert self.owns(grant)
        assert all((one.id, one.fence, one.fold) != (grant.id, grant.fence, grant.fold) for one in self.helpers)
        assert self.store.claim_fold(["default"], nonce) == grant
        self.helpers.append(grant)

    @precondition(lambda self: self.helpers)
    @rule(data=st.data(), back=st.booleans())
    def bring_fold(self, data, back):
        grant = data.draw(st.sampled_from(self.helpers))
        place = (grant.id, grant.fence, grant.fold)
        wanted = self.owns(grant) and not self.raw.hget(f"sn:exp:{grant.id}", "flag")
        if back and place not in self.brought:
            assert self.do(lambda: self.store.leave_fold(grant, to_owner=False)) == wanted
            self.last = lambda: None
            if wanted:
                self.helpers.remove(grant)
        else:
            assert self.do(lambda: self.store.finish_fold(grant, {"by": grant.token})) == wanted
            self.brought |= {place} if wanted else set()

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def take_fold(self, data):
        experiment_id, fence = data.draw(st.sampled_from(sorted(self.offered)))
        held = [one for one in self.helpers if (one.id, one.fence, one.fold) == (experiment_id, fence, 2)]
        status, now = self.raw.hmget(f"sn:exp:{experiment_id}", "status", "fence")
        try:
            state, result = self.do(lambda: self.store.take_fold(experiment_id, fence, 2))
        except Interrupted:
            self.last = lambda: None
            assert (status, now) != ("running", str(fence))
            return
        if (experiment_id, fence, 2) in self.brought:
            assert (state, result) == ("done", {"by": held[0].token})
        else:
            assert state == ("busy" if held else "own")

    @precondition(lambda self: self.grants)
    @rule(data=st.data(), status=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def finish(self, data, status):
        grant = data.draw(st.sampled_from(self.grants))
        owned = self.owns(grant)
        call = lambda: self.store.finish(grant.id, grant.fence, status, summary={}, environment=None)  # noqa: E731
        outcome = self.do(call)
        assert (outcome == "ok") == owned
        if owned:
            assert (grant.id, grant.fence) not in self.results
            self.results[grant.id, grant.fence] = status

    @precondition(lambda self: self.grants)
    @rule(data=st.data(), code=st.sampled_from(["stalled", "out_of_memory"]))
    def attempt_lost(self, data, code):
        grant = data.draw(st.sampled_from(self.grants))
        owned = self.owns(grant)
        assert (self.do(lambda: self.store.attempt_lost(grant.id, grant.fence, code, "m")) == "lost") == (not owned)

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def release(self, data):
        grant = data.draw(st.sampled_from(self.grants))
        owned, before = self.owns(grant), self.raw.hget(f"sn:exp:{grant.id}", "released_fence")
        released = self.do(lambda: self.store.release(grant.id, grant.fence))
        assert released == (owned or before == str(grant.fence))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), change=st.sampled_from(["cancel", "pause", "resume", "retry"]))
    def asked(self, data, change):
        experiment_id = data.draw(st.sampled_from(self.ids))
        calls = {
            "cancel": lambda: self.store.cancel(experiment_id),
            "pause": lambda: self.store.pause(experiment_id),
            "resume": lambda: self.store.resume(experiment_id),
            "retry": lambda: self.store.resume(experiment_id, anew=True),
        }
        before = self.raw.hget(f"sn:exp:{experiment_id}", "status")
        try:
            self.do(calls[change])
        except Conflict:
            self.last = lambda: None
            allowed = {"pause": ("queued", "running", "paused"), "retry": ("failed", "cancelled")}
            assert before == "succeeded" or before not in allowed.get(change, ())
        if before == "succeeded":
            assert self.raw.hget(f"sn:exp:{experiment_id}", "status") == "succeeded"

    @rule(seconds=st.sampled_from([1, 30]))
    def clock_forward(self, seconds):
        self.last = lambda: None
        for name in ("sn:leases", "sn:delayed"):
            for experiment_id, due in self.raw.zrange(name, 0, -1, withscores=True):
                self.raw.zadd(name, {experiment_id: due - 1000 * seconds})

    @rule()
    def reap(self):
        self.raw.delete("sn:lock:reaper")
        self.do(lambda: self.store.reap())

    @rule()
    def repeat_the_last_call(self):
        names = self.raw.keys("sn:exp:*")
        versions = {name: self.raw.hget(name, "version") for name in names}
        self.last()
        assert {name: self.raw.hget(name, "version") for name in names} == versions

    @invariant()
    def all_agrees(self):
        if hasattr(self, "raw"):
            assert broken(self.raw, _LATE) == []


def test_any_order_of_calls_keeps_the_invariants(valkey_url):
    # given
    machine = type("Life", (Life,), {"url": valkey_url})

    # when / then
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    profile = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=checks)
    machine.TestCase.settings = profile
    machine.TestCase().runTest()
