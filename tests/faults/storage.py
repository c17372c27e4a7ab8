"""Faults of what keeps: memory and disk that are full, a torn append-only file, a checkpoint that is cut."""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import time

import httpx

from tests.faults.fleet import ROOT, SPEC, Fleet
from tests.faults.schedules import Impossible, Score

LARGE = "200000"  # numbers in a checkpoint that is too large for Redis


def memory_full(folder, seconds=20.0, environment=None):
    """The limit comes down to what is used, then below: submits are refused, and what runs or waits still ends."""
    score = Score("memory full: `maxmemory` at 1.1 of what is used, then at half of it", 2)
    with Fleet(folder, 2, environment) as fleet:
        for number in range(6):
            fleet.submit(f"e{number}", labels={"pause": str(seconds / 60)})
        fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == 2, 60)
        used = fleet.raw.info("memory")["used_memory"]
        for most in (int(1.1 * used), used // 2):
            fleet.raw.config_set("maxmemory", most)
            answer = httpx.post(f"{fleet.url}/v1/experiments", json=SPEC, timeout=10)
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                score.wrong.append(f"a submit was answered {answer.status_code}")
        restarts = fleet.restarts
        fleet.settle(60 + 3 * seconds)
        if fleet.restarts != restarts:
            score.wrong.append(f"{fleet.restarts - restarts} processes ended meanwhile")
        fleet.raw.config_set("maxmemory", 0)
        fleet.submit("afterwards")
        fleet.settle(60)
        return score.judge(fleet)


def torn_tail(folder, count=10, environment=None, seed=1):
    """Everything dies at once, and the append-only file ends within a command, in zeros, or is a piece shorter."""
    rng, score = random.Random(seed), Score("all die at once, the append-only file's tail is torn", count)
    with Fleet(folder, 2, environment) as fleet:
        for number in range(count):
            for part in range(3):
                fleet.submit(f"e{number}-{part}", labels={"pause": "0.1"})
            fleet.until(lambda: fleet.raw.zcard("sn:ix:running"), 60)
            time.sleep(rng.uniform(0.2, 1.0))
            fleet.held |= set(fleet.names)
            for name in fleet.names:
                fleet.kill(name)
            _tear(fleet.data / "store", rng, how=number % 3)
            fleet.held.clear()
            fleet.until(fleet.warm, 90)
            fleet.settle(120)
        return score.judge(fleet)


def _tear(store, rng, *, how):
    """What a machine leaves that loses its power: half of a command (2), also with zeros after it (0), or less (1)."""
    last = max((store / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)
    if how == 1:
        os.truncate(last, last.stat().st_size - rng.randint(1, 60))
        return
    with last.open("ab") as file:
        file.write(b"*3\r\n$4\r\nHSET\r\n$11\r\nsn:exp:torn\r\n$6\r\nsta"[: rng.randint(1, 44)])
        file.write(bytes(5000) if how == 0 else b"")


@contextlib.contextmanager
def small_disk(folder, megabytes):
    """A file system of its own, of so many megabytes."""
    folder.mkdir()
    options = f"size={megabytes}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Impossible(f"no file system may be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def disk_full(folder, count=3, seconds=8.0, environment=None):
    """The disk of the store and of the artifacts fills up, and is freed again."""
    score = Score("disk full, a small file system under store and artifacts", count)
    with small_disk(folder / "disk", 64) as disk, Fleet(folder, 2, environment, data=disk) as fleet:
        for number in range(count):
            for part in range(4):
                fleet.submit(f"e{number}-{part}", labels={"pause": "0.3", "floats": LARGE})
            fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == 2, 60)
            filler, refused = disk / "filler", 0
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
            with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(bytes(64))
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                answer = httpx.get(f"{fleet.url}/v1/experiments?limit=1", timeout=10)
                refused += answer.status_code == 503
                if answer.status_code not in (200, 503):
                    score.wrong.append(f"the API answered {answer.status_code}")
                time.sleep(0.2)
            if not refused:
                score.wrong.append("the disk was never full")
            filler.unlink()
            fleet.settle(180)
        return score.judge(fleet)


def cut_checkpoints(folder, url, most=None):
    """A worker's write of a checkpoint ends at each of its system calls: the one before serves."""
    score = Score("checkpoint write cut at each system call, or refused there")
    if shutil.which("strace") is None:
        raise Impossible("there is no strace")
    command = [sys.executable, "-m", "tests.faults.cut", url, str(folder), str(most or 0)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    count, *wrong = done.stdout.splitlines()
    score.faults, score.accepted, score.wrong = int(count), 1, wrong
    return score
