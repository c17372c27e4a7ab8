"""Faults of the network between a worker and the store: it is gone, one-sided, slow, or the store stands still."""

import contextlib
import os
import signal
import subprocess
import time

from tests.faults.fleet import Fleet
from tests.faults.proxy import Proxy
from tests.faults.schedules import Impossible, Score


@contextlib.contextmanager
def cable():
    """A network namespace with one cable to this machine: (its name, addresses here and there, a switch)."""
    number = os.getpid() % 200 + 20
    name, here, there = f"satnet{number}", f"10.213.{number}.1", f"10.213.{number}.2"

    def ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Impossible(f"no network namespace can be had here: {done.stderr.strip()}")

    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        ip("addr", "add", f"{here}/24", "dev", f"{name}a")
        ip("link", "set", f"{name}a", "up")
        ip("-n", name, "addr", "add", f"{there}/24", "dev", f"{name}b")
        ip("-n", name, "link", "set", f"{name}b", "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield name, here, lambda state: ip("link", "set", f"{name}a", state)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def partitions(folder, count=5, seconds=12.0, environment=None):
    """A worker's cable is pulled while it runs something, beyond its lease, and put back: one result."""
    score = Score(f"a worker's network gone for {seconds:g} s (namespace), and back", count)
    with cable() as (name, here, link), _behind(folder, name, here, environment) as fleet:
        for number in range(count):
            experiment_id = fleet.submit(f"e{number}", labels={"pause": "0.4"})
            fleet.until(lambda experiment_id=experiment_id: fleet.raw.hget(f"sn:exp:{experiment_id}", "worker"), 60)
            link("down")
            time.sleep(seconds)
            link("up")
            healed = time.time()
            fleet.settle(90)
            score.recoveries.append(_consumed(fleet, f"after{number}", healed))
        return _within(score, fleet, 30)


def half_open(folder, count=3, environment=None):
    """The store starts anew while an idle worker cannot see it: its connections look alive, and are nobody's."""
    score = Score("half-open links: the store starts anew behind a pulled cable (namespace)", count)
    with cable() as (name, here, link), _behind(folder, name, here, environment) as fleet:
        for number in range(count):
            link("down")
            fleet.kill("store")
            time.sleep(3)
            link("up")
            healed = time.time()
            score.recoveries.append(_consumed(fleet, f"e{number}", healed))
        return _within(score, fleet, 30)


@contextlib.contextmanager
def _behind(folder, name, here, environment):
    """A fleet whose one worker lives in the namespace."""
    fleet = Fleet(folder, 1, environment)
    fleet.bind = f"127.0.0.1 {here}"
    fleet.prefix["worker0"] = ["ip", "netns", "exec", name]
    fleet.special["worker0"] = {"SATNET_REDIS_URL": f"redis://{here}:{fleet.port}/0"}
    with fleet:
        yield fleet


def latency(folder, delay=30.0, seconds=45.0, environment=None):
    """Everything takes half a minute in each direction for a while, for API and workers alike."""
    score = Score(f"{delay:g} s of latency for {seconds:g} s (proxy)", 1)
    fleet = Fleet(folder, 2, environment)
    with Proxy(fleet.port) as proxy:
        fleet.environment["SATNET_REDIS_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        with fleet:
            for number in range(6):
                fleet.submit(f"e{number}", labels={"pause": "0.5"})
            fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == 2, 60)
            proxy.delay = delay
            time.sleep(seconds)
            proxy.delay = 0.0
            healed = time.time()
            score.recoveries.append(_consumed(fleet, "after", healed, priority=1))
            fleet.settle(180)
            return _within(score, fleet, 30)


def frozen_store(folder, count=3, seconds=12.0, environment=None):
    """The store stands still beyond every lease and goes on: nothing is taken from a worker that lives."""
    score = Score(f"Valkey stopped for {seconds:g} s, then continued", count)
    with Fleet(folder, 2, environment) as fleet:
        for number in range(count):
            for part in range(2):
                fleet.submit(f"e{number}-{part}", labels={"pause": str(seconds / 10)})
            fleet.until(lambda: fleet.raw.zcard("sn:ix:running") == 2, 60)
            fleet.processes["store"].send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            fleet.processes["store"].send_signal(signal.SIGCONT)
            fleet.settle(120)
        again = [one for one in fleet.accepted().values() if int(fleet.raw.hget(f"sn:exp:{one}", "attempt")) > 1]
        if again:
            losses = [fleet.raw.hget(f"sn:exp:{one}", "lost") for one in again]  # 0: no worker had heard of its claim
            score.wrong.append(f"{len(again)} experiments were run again without need, after {losses} losses")
        return score.judge(fleet)


def _consumed(fleet, name, since, **changes):
    """Seconds until a new experiment starts, counted from `since`."""
    experiment_id = fleet.submit(name, **changes)
    fleet.until(lambda: fleet.raw.hget(f"sn:exp:{experiment_id}", "started_at"), 120)
    return max(0.0, float(fleet.raw.hget(f"sn:exp:{experiment_id}", "started_at")) / 1000 - since)


def _within(score, fleet, seconds):
    fleet.settle(120)
    if max(score.recoveries) > seconds:
        score.wrong.append(f"it took {max(score.recoveries):.0f} s until something was run again")
    return score.judge(fleet)
