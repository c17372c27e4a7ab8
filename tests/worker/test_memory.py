"""The memory of a worker's child."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from satnet.errors import StoreUnavailable
from satnet.settings import Settings
from tests.store.test_store import submit
from worker import drain, memory
from worker.memory import MemoryWatch, allowed, killed_by_kernel, machine_bytes, used

MOST = 200_000_000
CHILD = """
import sys, time
from worker import held
held.note([(name, int(fence)) for name, fence in (one.split(":") for one in sys.argv[2].split(","))])
kept = bytearray(b"x") * int(sys.argv[1])
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def child(monkeypatch):
    """Start a child that holds attempts and takes so many bytes; it is gone with the test."""
    monkeypatch.setenv("SATNET_DRAIN_FILE", "")  # put back as it was
    drain.prepare()
    started = []

    def start(size, *grants, wait=True):
        attempts = ",".join(f"{grant.id}:{grant.fence}" for grant in grants)
        command = [sys.executable, "-c", CHILD, str(size), attempts]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]))
        if wait:
            assert started[-1].stdout.readline() == b"ready\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    drain.tidy()


def claimed(store, count=1):
    for _ in range(count):
        submit(store)
    return [store.claim(["default"], "w", f"n{number}") for number in range(count)]


def test_a_child_that_takes_too_much_is_ended_and_its_experiment_says_so(store, child):
    # given
    (grant,) = claimed(store)
    watch = MemoryWatch(store, MOST)

    # when
    process = child(4 * MOST, grant, wait=False)
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        watch.look()
        time.sleep(0.02)
    watch.look()

    # then it failed for good, with the numbers
    assert process.returncode == -9
    told = store.get(grant.id)
    reason = told["status_reason"]
    assert (told["status"], reason["code"], reason["retryable"]) == ("failed", "out_of_memory", False)
    assert f"{MOST:,} (SATNET_WORKER_MEMORY_BYTES)" in reason["message"]
    assert "were estimated" in reason["message"]
    assert store.claim(["default"], "w", "again") is None


def test_a_child_within_its_limit_is_left_alone(store, child):
    # given
    (grant,) = claimed(store)
    process = child(1000, grant)

    # when
    MemoryWatch(store, MOST).look()

    # then
    assert process.poll() is None
    assert store.get(grant.id)["status"] == "running"


def test_several_that_trained_in_one_child_are_each_trained_again_alone(store, child):
    # given
    grants = claimed(store, 2)
    process = child(2 * MOST, *grants)

    # when
    MemoryWatch(store, MOST).look()

    # then
    assert process.wait(5) == -9
    for grant in grants:
        told = store.get(grant.id)
        assert (told["status"], told["attempts"][0]["ended"]) == ("queued", "released")


@pytest.mark.parametrize(("kernel", "status"), [(True, "failed"), (False, "running")])
def test_a_child_that_the_kernel_ended_for_memory_is_told_apart_from_one_that_is_lost(store, child, kernel, status):
    # given
    (grant,) = claimed(store)
    kills = [3]
    watch = MemoryWatch(store, MOST, lambda: kills[0])
    process = child(1000, grant)
    watch.look()

    # when
    process.kill()
    process.wait()
    kills[0] += kernel
    watch.look()

    # then: of one that is lost, its lease decides
    told = store.get(grant.id)
    assert told["status"] == status
    assert (told["status_reason"] or {"code": None})["code"] == ("out_of_memory" if kernel else None)


def test_what_could_not_be_told_is_told_when_the_store_is_back(store, child, monkeypatch):
    # given
    (grant,) = claimed(store)
    watch = MemoryWatch(store, MOST)
    child(2 * MOST, grant)

    def away(*_, **__):
        raise StoreUnavailable("Redis cannot be reached")

    with monkeypatch.context() as patch:
        patch.setattr(store, "finish", away)
        with pytest.raises(StoreUnavailable):
            watch.look()

    # when
    watch.look()

    # then
    assert store.get(grant.id)["status_reason"]["code"] == "out_of_memory"


def test_a_workers_share_is_of_its_container_and_never_tiny(tmp_path, monkeypatch):
    # given
    (tmp_path / "memory.max").write_text("8000000000\n")

    # when / then
    assert machine_bytes(tmp_path) <= 8_000_000_000
    assert allowed(Settings(worker_memory_bytes=123)) == 123
    monkeypatch.setattr(memory, "machine_bytes", lambda: 10**10)
    assert allowed(Settings(workers=2)) == 4 * 10**9
    assert allowed(Settings(workers=64)) == 2 * 10**9


def test_counters_of_the_kernel_are_read_where_there_are_any(tmp_path):
    # given
    events, missing = tmp_path / "memory.events", tmp_path / "none"
    events.write_text("low 0\nhigh 0\nmax 9\noom 4\noom_kill 2\noom_group_kill 0\n")

    # when / then
    assert killed_by_kernel((missing, events)) == 2
    assert killed_by_kernel((missing,)) == 0


def test_a_process_that_is_over_uses_nothing():
    # given
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    # when / then
    assert used(process.pid) is None
