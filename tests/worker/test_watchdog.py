"""When a worker is taken for stuck: a store that says what it is fake, and a clock that jumps."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from satnet.settings import Settings
from worker.watchdog import Watchdog


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.seconds)
    return now


class FakeStore:
    """A store in which one worker is at `latest`, which it may have lost."""

    def __init__(self):
        self.latest, self.busy, self.waiting = "exp_1", "exp_1", 3
        self.pid, self.silent, self.helps = 1, 1.0, None

    def worker(self, _):
        return {"silent_s": self.silent, "pid": self.pid, "busy": self.busy, "latest": self.latest, "helps": self.helps}

    def owner(self, _):
        return None

    def queued_count(self, _):
        return self.waiting


def stuck_after(watchdog, clock, seconds, between=lambda: None):
    reason = None
    for _ in range(seconds):
        between()
        clock.seconds += 1
        reason = reason or watchdog.stuck()
    return reason


def test_a_worker_at_an_experiment_that_it_lost_is_stuck(clock):
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), FakeStore(), "w", ["default"])
    assert stuck_after(watchdog, clock, 60) is None
    assert "exp_1" in stuck_after(watchdog, clock, 5)


def test_a_worker_that_helps_another_one_is_not(clock):
    # given
    fake = FakeStore()
    fake.busy, fake.helps = None, "exp_2"
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), fake, "w", ["default"], lambda _: 3)

    # then
    assert stuck_after(watchdog, clock, 70) is None


def test_a_worker_of_short_experiments_is_not(clock):
    # given one that is over with each before it says so
    fake = FakeStore()
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), fake, "w", ["default"])

    # when
    def another():
        fake.busy = fake.latest = f"exp_{clock.seconds // 5}"

    # then
    assert stuck_after(watchdog, clock, 300, another) is None


def test_a_worker_whose_children_die_one_after_the_other_is_not(clock):
    # given children that die of what they claim before they have said so
    fake = FakeStore()
    fake.busy = fake.latest = None
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), fake, "w", ["default"])

    # when
    def another():
        fake.pid = clock.seconds // 25
        fake.silent = clock.seconds % 25

    # then
    assert stuck_after(watchdog, clock, 300, another) is None


def test_an_idle_worker_that_does_not_hear_its_wake_up_calls_is_stuck(clock):
    # given an empty queue, and calls in the broker that nobody takes, or that are taken one after the other
    fake, calls = FakeStore(), [5]
    fake.busy, fake.waiting = None, 0
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), fake, "w", ["default"], lambda _: calls[0])

    # when / then
    assert stuck_after(watchdog, clock, 60) is None
    assert "5 wake-up calls" in stuck_after(watchdog, clock, 5)
    calls[0] = 1000
    assert stuck_after(watchdog, clock, 300, lambda: calls.append(calls.pop() - 1)) is None


def test_an_idle_worker_is_stuck_only_while_something_waits(clock):
    # given
    fake = FakeStore()
    fake.busy = None
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), fake, "w", ["default"])

    # when / then: an outage in between is no fault of the worker
    assert stuck_after(watchdog, clock, 50) is None
    watchdog.excuse()
    assert stuck_after(watchdog, clock, 50) is None
    assert "3 experiments wait" in stuck_after(watchdog, clock, 15)
    fake.waiting = 0
    assert stuck_after(watchdog, clock, 100) is None
