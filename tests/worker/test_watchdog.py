"""When a worker is taken for stuck: a store that says what it is told, and a clock that jumps."""

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


class Told:
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
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), Told(), "w", ["default"])
    assert stuck_after(watchdog, clock, 60) is None
    assert "exp_1" in stuck_after(watchdog, clock, 5)


def test_a_worker_that_helps_another_one_is_not(clock):
    # given
    told = Told()
    told.busy, told.helps = None, "exp_2"
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), told, "w", ["default"], lambda _: 3)

    # then
    assert stuck_after(watchdog, clock, 70) is None


def test_a_worker_of_short_experiments_is_not(clock):
    # given one that is over with each before it says so
    told = Told()
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), told, "w", ["default"])

    # when
    def another():
        told.busy = told.latest = f"exp_{clock.seconds // 5}"

    # then
    assert stuck_after(watchdog, clock, 300, another) is None


def test_a_worker_whose_children_die_one_after_the_other_is_not(clock):
    # given children that die of what they claim before they have said so
    told = Told()
    told.busy = told.latest = None
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), told, "w", ["default"])

    # when
    def another():
        told.pid = clock.seconds // 25
        told.silent = clock.seconds % 25

    # then
    assert stuck_after(watchdog, clock, 300, another) is None


def test_an_idle_worker_that_does_not_hear_its_wake_up_calls_is_stuck(clock):
    # given an empty queue, and calls in the broker that nobody takes, or that are taken one after the other
    told, calls = Told(), [5]
    told.busy, told.waiting = None, 0
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), told, "w", ["default"], lambda _: calls[0])

    # when / then
    assert stuck_after(watchdog, clock, 60) is None
    assert "5 wake-up calls" in stuck_after(watchdog, clock, 5)
    calls[0] = 1000
    assert stuck_after(watchdog, clock, 300, lambda: calls.append(calls.pop() - 1)) is None


def test_an_idle_worker_is_stuck_only_while_something_waits(clock):
    # given
    told = Told()
    told.busy = None
    watchdog = Watchdog(Settings(watchdog=timedelta(seconds=60)), told, "w", ["default"])

    # when / then: an outage in between is no fault of the worker
    assert stuck_after(watchdog, clock, 50) is None
    watchdog.excuse()
    assert stuck_after(watchdog, clock, 50) is None
    assert "3 wait" in stuck_after(watchdog, clock, 15)
    told.waiting = 0
    assert stuck_after(watchdog, clock, 100) is None
