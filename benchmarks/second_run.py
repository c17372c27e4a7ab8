"""A preset trained several times in one process: what the first run pays for compiling, and the next ones do not.

.venv/bin/python benchmarks/second_run.py
"""

import time
from pathlib import Path

from satnet import presets
from satnet.spec import parse_spec
from satnet.training.run import train

RUNS = 4


def main() -> None:
    """Seconds to the record of epoch 0 and to the end, run by run, each with another seed."""
    for name in ("digits-best", "healthy-tanh", "digits-start"):
        for run in range(RUNS):
            spec, seen = parse_spec(presets.load(name) | {"seed": run}), list[float]()
            began = time.perf_counter()
            train(spec, data_dir=Path("nowhere"), on_epoch=lambda _, seen=seen: seen.append(time.perf_counter()))
            whole = time.perf_counter() - began
            print(f"{name}, run {run + 1}: epoch 0 after {seen[0] - began:.3f} s, all epochs after {whole:.2f} s")


if __name__ == "__main__":
    main()
