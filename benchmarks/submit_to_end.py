"""Seconds from POST to the end of a 20-epoch experiment at a running service, each with another seed.

.venv/bin/satnet up &
.venv/bin/python benchmarks/submit_to_end.py    # SATNET_URL says where it is
"""

import statistics
import time

from satnet import Client, presets

RUNS = 6


def main() -> None:
    """The first run's seconds, and the median of the others."""
    seconds = []
    with Client() as client:
        for seed in range(RUNS):
            began = time.perf_counter()
            ended = client.experiments.create(presets.load("digits-best") | {"seed": seed}).wait(timeout=60)
            seconds.append(time.perf_counter() - began)
            if ended["status"] != "succeeded":
                raise SystemExit(f"{ended['id']} {ended['status']}")
    print(f"first {seconds[0]:.2f} s, then {statistics.median(seconds[1:]):.2f} s (median of {RUNS - 1})")


if __name__ == "__main__":
    main()
