"""`make faults`: all schedules in their long form, and their scoreboard in docs/reliability.md.

.venv/bin/python -m tests.faults.scoreboard [--only NAME ...] [--seed 1] [--write]

`--only` runs those of these names; with `--write` their rows replace those of the page, and the others stay.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

from satnet.service.ports import free_port
from satnet.store.embedded import server_command
from tests.faults import network, recovery, schedules, soak, storage, workers

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
HEAD = "| name | fault | faults | accepted | lost | doubled | stuck | noticed | p50 / p99 | broken invariants | took |"
DEFAULTS = {  # what users have, instead of the short forms' timings
    "SATNET_LEASE": "PT20S",
    "SATNET_HEARTBEAT": "PT5S",
    "SATNET_REAPER_TICK": "PT2S",
    "SATNET_REDIS_GRACE": "PT15S",
    "SATNET_STALL_S": "600",
    "SATNET_WATCHDOG": "PT30S",
    "SATNET_CANCEL_GRACE": "PT5S",
    "SATNET_CHECKPOINT_EVERY": "PT0.5S",
}
BY_DEFAULT = {"experiments": 45, "count": 20, "pause": 0.8, "gap": (3, 8), "environment": DEFAULTS}


def with_server(run):
    """Run with a Valkey of its own."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        server = subprocess.Popen(server_command(Path(folder), port), stdout=subprocess.DEVNULL)
        with redis.Redis(port=port) as client:
            for _ in range(200):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.02)
        try:
            return run(f"redis://127.0.0.1:{port}/0", port)
        finally:
            server.terminate()
            server.wait(10)


def with_folder(run, *arguments, **keywords):
    """Run with a directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), *arguments, **keywords)


def plan(seed):
    """Schedule by name, in the order in which they run."""
    return {
        "kills": lambda: with_folder(schedules.kills, seed),
        "kills, store up": lambda: with_folder(schedules.kills, seed, 150, 100, store=False),
        "kills, default timings": lambda: with_folder(schedules.kills, seed, **BY_DEFAULT),
        "kills, default timings, store up": lambda: with_folder(schedules.kills, seed, **BY_DEFAULT, store=False),
        "kills, real training": lambda: with_folder(workers.real_training, seed),
        "parents": lambda: with_folder(workers.parents_alone),
        "rolling restart": lambda: with_folder(workers.rolling_restart),
        "failpoints": lambda: with_folder(schedules.each_failpoint),
        "lost replies": lambda: with_server(schedules.lost_replies),
        "stopped": lambda: with_folder(schedules.stopped_workers, seed),
        "bad": lambda: with_folder(schedules.bad_experiments),
        "store restarts": lambda: with_folder(schedules.store_restarts),
        "store away": lambda: with_folder(schedules.store_away),
        "store frozen": lambda: with_folder(network.frozen_store, count=2, seconds=30, environment=DEFAULTS),
        "torn file": lambda: with_folder(storage.torn_tail),
        "disk full": lambda: with_folder(storage.disk_full),
        "memory full": lambda: with_folder(storage.memory_full),
        "checkpoint cut": lambda: with_server(lambda url, _: with_folder(storage.cut_checkpoints, url)),
        "partition": lambda: with_folder(network.partitions, count=3, seconds=40, environment=DEFAULTS),
        "half-open": lambda: with_folder(network.half_open, environment=DEFAULTS),
        "latency": lambda: with_folder(network.latency, environment=DEFAULTS),
        "broker": lambda: with_folder(schedules.flushed_broker),
        "cancel": lambda: with_server(lambda url, _: schedules.cancel_races_claim(url)),
        "one key": lambda: with_folder(schedules.one_key),
        "long queue": lambda: with_folder(schedules.long_queue),
        "readers": lambda: with_folder(schedules.cut_readers),
        "soak": lambda: with_folder(soak.soak),
    }


def row(name, score, seconds):
    """For the table."""
    wrong = "none" if not score.wrong else f"{len(score.wrong)}: {score.wrong[0]}"
    cells = [name, score.name, score.faults, score.accepted, score.lost, score.doubled, score.stuck]
    cells += [times(score.noticed), times(score.recoveries), wrong]
    return "| " + " | ".join(map(str, cells)) + f" | {seconds:.0f} s |"


def times(found):
    """Median and 99th percentile."""
    return f"{statistics.median(found):.3g} s / {recovery.p99(found):.3g} s" if found else "-"


def main():
    """All of them; exit status 1 where an invariant is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(plan(1)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows, broken = {}, False
    for name, run in plan(arguments.seed).items():
        if arguments.only and name not in arguments.only:
            continue
        began = time.monotonic()
        try:
            score = run()
        except schedules.Impossible as error:
            score = schedules.Score(f"not run: {error}")
        rows[name] = row(name, score, time.monotonic() - began)
        print(rows[name], flush=True)  # noqa: T201 - a program
        for wrong in score.wrong:
            print("   ", wrong, file=sys.stderr, flush=True)  # noqa: T201 - a program
        broken = broken or bool(score.wrong or score.lost or score.doubled or score.stuck)
        if arguments.write:
            write(rows, list(plan(arguments.seed)))
    return int(broken)


def write(rows, names):
    """Put rows into the page; those that are there and were not run now stay."""
    before, rest = PAGE.read_text().split("<!-- scoreboard -->\n")
    table, after = rest.split("<!-- end of scoreboard -->")
    there = {line.split("|")[1].strip(): line for line in table.splitlines()[3:] if line.startswith("|")}
    known = there | rows
    table = "\n".join([HEAD, "| --- |" + " --- |" * 10, *(known[name] for name in names if name in known)])
    PAGE.write_text(f"{before}<!-- scoreboard -->\n\n{table}\n\n<!-- end of scoreboard -->{after}")


if __name__ == "__main__":
    sys.exit(main())
