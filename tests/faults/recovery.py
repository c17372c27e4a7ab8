"""How long it took after a kill until somebody noticed, and until what the process ran was run again."""

import json

from tests.faults import stub


def after(fleet, kills):
    """Of kills (moment, pid) of processes that ran something: seconds until noticed, and until taken up again."""
    lines, noticed, again = stub.read(fleet.ledger), [], []
    ids = fleet.accepted()
    for moment, pid in kills:
        name = _ran(lines, moment, pid)
        if name is None:
            continue
        told = fleet.raw.hget(f"sn:exp:{ids[name]}", "transitions").splitlines()
        losses = [one["at"] / 1000 for one in map(json.loads, told) if one["reason"] == "worker_lost"]
        starts = [one["at"] for one in lines if one["event"] == "start" and one["n"] == name]
        noticed += _first(losses, moment)
        again += _first(starts, moment)
    return noticed, again


def consumed(fleet, moments):
    """Seconds from each moment until a worker starts anything, while anything waits."""
    starts = sorted(one["at"] for one in stub.read(fleet.ledger) if one["event"] == "start")
    return [seconds for moment in moments for seconds in _first(starts, moment)]


def _ran(lines, moment, pid):
    """The name of what a process ran at a moment."""
    started = [one["n"] for one in lines if one["event"] == "start" and one["pid"] == pid and one["at"] <= moment]
    ended = {one["n"] for one in lines if one["event"] == "end" and one["at"] <= moment}
    return started[-1] if started and started[-1] not in ended else None


def _first(times, moment):
    return [one - moment for one in times if one > moment][:1]


def p99(times):
    """Of these; the longest where there are fewer than a hundred."""
    return sorted(times)[min(len(times) - 1, int(0.99 * len(times)))]
