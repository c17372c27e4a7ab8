"""A supervised process that ends, or cannot be started."""

import os
import sys
import time

from satnet.service.child import Child


def tended(child, until, seconds=10):
    said, end = [], time.monotonic() + seconds
    while not until(child, said):
        assert time.monotonic() < end, said
        child.tend(said.append)
        time.sleep(0.02)
    return said


def test_a_process_that_dies_is_started_again_and_told():
    # given
    child = Child("worker 1", [sys.executable, "-c", "raise SystemExit(7)"], os.environ)

    # when
    said = tended(child, lambda _, said: len(said) == 2)

    # then
    assert said == [
        "worker 1 ended with 7; starting it again in 0.4 s",
        "worker 1 ended with 7; starting it again in 0.8 s",
    ]


def test_a_process_that_cannot_be_started_is_tried_again():
    # given something that passes, like a full disk
    refused = [OSError("no space left")]

    def prepare():
        if refused:
            raise refused.pop()

    child = Child("store", ["sleep", "60"], os.environ, prepare)

    # when
    said = tended(child, lambda child, _: child.process is not None)

    # then
    assert said == ["store cannot be started (no space left); starting it again in 0.4 s"]
    child.ask_to_stop()
    child.await_end(time.monotonic() + 5)


def test_the_back_off_ends_growing():
    # given
    child = Child("api", ["/nowhere/at/all"], os.environ, failures=8)

    # when
    said = []
    for _ in range(4):
        child.retry_at = 0
        child.tend(said.append)

    # then
    assert [one.rpartition(" in ")[2] for one in said] == ["30.0 s"] * 4
    assert child.failures == 10
