"""What must hold after every fault, read from Redis itself and not through the code under test."""

import json

TERMINAL = ("succeeded", "failed", "cancelled")
STATUSES = ("queued", "running", "paused", *TERMINAL)


def broken(raw, late_ms=0.0):
    """Every rule that does not hold, in words. `late_ms`: how long a lease may be over before somebody should know."""
    found = []
    seconds, micro = raw.time()
    now = seconds * 1000 + micro / 1000
    everything = set(raw.zrange("sn:ix:all", 0, -1))
    hashes = {key.removeprefix("sn:exp:") for key in raw.scan_iter("sn:exp:*", count=1000)}
    if everything != hashes:
        found.append(f"the index of all and the hashes differ in {everything ^ hashes}")
    states = {experiment_id: raw.hgetall(f"sn:exp:{experiment_id}") for experiment_id in hashes}
    for status in STATUSES:
        indexed = set(raw.zrange(f"sn:ix:{status}", 0, -1))
        actual = {experiment_id for experiment_id, state in states.items() if state["status"] == status}
        if indexed != actual:
            found.append(f"the index of {status} and the hashes differ in {indexed ^ actual}")
    waiting = {
        experiment_id for queue in raw.smembers("sn:queues") for experiment_id in raw.zrange(f"sn:q:{queue}", 0, -1)
    }
    delayed, leased = set(raw.zrange("sn:delayed", 0, -1)), dict(raw.zrange("sn:leases", 0, -1, withscores=True))
    queued = {experiment_id for experiment_id, state in states.items() if state["status"] == "queued"}
    running = {one for one, state in states.items() if state["status"] == "running" and state["kind"] != "external"}
    if waiting | delayed != queued or waiting & delayed:
        found.append(f"queued {queued}, but in queues {waiting} and delayed {delayed}")
    for group in raw.scan_iter("sn:group:*", count=1000):
        beside = set(raw.zrange(group, 0, -1))
        found += [f"{beside - queued} wait in {group}, and are not queued"] if beside - queued else []
    shared = {key.removeprefix("sn:folds:") for key in raw.scan_iter("sn:folds:*", count=1000)}
    found += [f"folds of {shared - running} are kept, and they do not run"] if shared - running else []
    if set(leased) != running:
        found.append(f"running {running}, but leased {set(leased)}")
    found += [
        f"{one} runs on a lease that ended {now - end:.0f} ms ago" for one, end in leased.items() if end < now - late_ms
    ]
    for experiment_id, state in states.items():
        found += [f"{experiment_id}: {wrong}" for wrong in _of_one(raw, experiment_id, state)]
    return found


def _of_one(raw, experiment_id, state):
    status = state["status"]
    finished = state.get("finish_fence")
    if status in ("succeeded", "failed") and finished not in (None, state["fence"]) and not _lost(state):
        yield f"its result is of fence {finished}, and its fence is {state['fence']}"
    events = raw.xrange(f"sn:ev:{experiment_id}")
    ids = [tuple(map(int, name.split("-"))) for name, _ in events]
    if ids != sorted(set(ids)):
        yield "its events are not in order"
    told = [json.loads(fields["data"])["status"] for _, fields in events if fields["type"] == "status"]
    if told and told[-1] != status:
        yield f"its last event says {told[-1]}, and it is {status}"
    ends = [place for place, one in enumerate(told) if one in TERMINAL]
    if any(told[place + 1] != "queued" for place in ends if place + 1 < len(told)):
        yield f"something follows its end: {told}"
    if told and told[0] == "queued" and "running" not in told and raw.hlen(f"sn:epochs:{experiment_id}"):
        yield "it was measured and never ran"
    attempts = [json.loads(line) for line in state["attempts"].splitlines() if line]
    if bool(state.get("open_attempt")) != (status == "running"):
        yield f"it is {status}, and its open attempt is {state.get('open_attempt')!r}"
    count = len(attempts) + bool(state.get("open_attempt"))
    if count != int(state["attempt"]) or int(state["attempt"]) != int(state["fence"]):
        yield f"{count} attempts are told, attempt is {state['attempt']} and fence {state['fence']}"
    epochs = sorted(int(key.split(":")[1]) for key in raw.hkeys(f"sn:epochs:{experiment_id}") if key.startswith(":"))
    if epochs != list(range(len(epochs))):
        yield f"its epochs are {epochs}"


def _lost(state):
    return (
        "worker_lost" in state["transitions"]
        or "stalled" in state["transitions"]
        or "out_of_mem" in state["transitions"]
    )
