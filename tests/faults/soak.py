"""Short real runs for long: memory, file descriptors and keys stay where they are.

`make soak MINUTES=120`, or .venv/bin/python -m tests.faults.soak 120
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from satnet import presets
from tests.faults.fleet import Fleet
from tests.faults.schedules import Score

_TIMES = {"SATNET_RETENTION": "PT30S", "SATNET_LEASE": "PT20S", "SATNET_HEARTBEAT": "PT5S", "SATNET_STALL_S": "60"}
_IN_FLIGHT = 4
_MORE = {"RSS MB": 1.15, "descriptors": 1.1, "keys": 1.3, "store MB": 1.3}  # at the end, times what was after a quarter


def soak(folder, minutes=10.0):
    """Two workers that train one short network after the other, each forgotten after 30 s."""
    score, samples = Score(""), []
    environment = _TIMES | {"SATNET_IDEMPOTENCY_TTL": "PT60S", "SATNET_WATCHDOG": "PT60S"}
    with Fleet(folder, 2, environment, trainer="satnet.training.run:train") as fleet:
        end, number, next_sample, restarts = time.monotonic() + 60 * minutes, 0, 0.0, fleet.restarts
        while time.monotonic() < end:
            while fleet.raw.zcard("sn:ix:queued") + fleet.raw.zcard("sn:ix:running") < _IN_FLIGHT:
                spec = presets.load("digits-start") | {"training": {"epochs": 3}, "seed": number}
                fleet.submit(f"e{number}", **spec)
                number += 1
            if time.monotonic() > next_sample:
                samples.append(_sample(fleet))
                next_sample = time.monotonic() + 5
            time.sleep(0.1)
        fleet.until(lambda: not fleet.raw.zcard("sn:ix:queued") + fleet.raw.zcard("sn:ix:running"), 120)
        failed = fleet.raw.zcard("sn:ix:failed")
        score.stuck = fleet.raw.zcard("sn:ix:queued") + fleet.raw.zcard("sn:ix:running")
        if failed or fleet.restarts != restarts:
            score.wrong.append(f"{failed} failed, {fleet.restarts - restarts} processes ended")
    score.accepted, score.name = number, f"soak of {minutes:g} min, short real runs: {_told(samples, score.wrong)}"
    return score


def _sample(fleet):
    """Over all processes but this one."""
    rss = descriptors = 0
    groups = {process.pid for process in fleet.processes.values()}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if group in groups:
                rss += int((folder / "statm").read_text().split()[1]) * 4096
                descriptors += len(list((folder / "fd").iterdir()))
        except (OSError, ValueError):  # it ended meanwhile
            continue
    store = fleet.raw.info("memory")["used_memory"]
    return {
        "RSS MB": rss / 1e6,
        "descriptors": descriptors,
        "keys": fleet.raw.dbsize(),
        "store MB": store / 1e6,
    }


def _told(samples, wrong):
    """The median of the second quarter against that of the last; what grew too much goes into `wrong`."""
    quarter, told = max(1, len(samples) // 4), []
    for name, most in _MORE.items():
        early = statistics.median(one[name] for one in samples[quarter : 2 * quarter] or samples)
        late = statistics.median(one[name] for one in samples[-quarter:])
        told.append(f"{name} {early:.0f} → {late:.0f}")
        if late > most * early + 1:
            wrong.append(f"{name} grew from {early:.0f} to {late:.0f}")
    return ", ".join(told)


def main():
    """For as many minutes as the first argument says."""
    with tempfile.TemporaryDirectory() as folder:
        score = soak(Path(folder), float(sys.argv[1]) if len(sys.argv) > 1 else 120.0)
    print(f"{score.accepted} runs; {score.name}", *score.wrong, sep="\n")  # noqa: T201 - a program
    return int(bool(score.wrong or score.stuck))


if __name__ == "__main__":
    sys.exit(main())
