"""Whether a change made the epoch program slower: this checkout and another one, in turn, in one call.

    .venv/bin/python benchmarks/two_checkouts.py OTHER_CHECKOUT [--rounds 5] [--processes 2] [--only NAME]

Each checkout's own `benchmarks/runners/ours.py` trains with its own code, measuring, under this Python; one trains for
a second while the other waits, and which begins alternates. Processes are started anew several times, because two of
the same code differ by a few percent. Printed: this checkout's seconds an epoch over the other's; below 1 it is faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CASES = (
    "784-25-10, batch 1, sgd",
    "784-25-10, batch 64, sgd",
    "784-25-10, batch 64, adam",
    "batch norm 64-64, batch 64, adam",
    "convolution 16-32-64, batch 64, adam",
)


class Trainer:
    """A process that trains with one checkout's code when told to."""

    def __init__(self, checkout: Path, case: str) -> None:
        """Start it and wait until everything is compiled."""
        folder = checkout / "benchmarks"
        self._process = subprocess.Popen(
            [sys.executable, str(folder / "runners" / "ours.py"), case, "on"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(checkout)])},
        )
        if self._process.stdout.readline().strip() != "ready":
            self.stop()
            raise RuntimeError(f"{checkout} cannot train {case!r}")

    def seconds(self) -> float:
        """Of an epoch, of those of one turn."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def ratios(other: Path, case: str, rounds: int, processes: int) -> tuple[list[float], list[float]]:
    """Of each round: this checkout's seconds over the other's, and this checkout's seconds."""
    quotients, ours = list[float](), list[float]()
    for _ in range(processes):
        trainers = {checkout: Trainer(checkout, case) for checkout in (HERE, other)}
        try:
            for number in range(rounds):
                turns = (HERE, other) if number % 2 else (other, HERE)
                seconds = {checkout: trainers[checkout].seconds() for checkout in turns}
                quotients.append(seconds[HERE] / seconds[other])
                ours.append(seconds[HERE])
        finally:
            for trainer in trainers.values():
                trainer.stop()
    return quotients, ours


def main() -> None:
    """A row a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout, of the commit before")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="cases with this in their name")
    arguments = parser.parse_args()
    print("| case | s/epoch | this / other, median | range |\n| --- | ---: | ---: | ---: |", flush=True)
    for case in CASES:
        if arguments.only in case:
            quotients, ours = ratios(arguments.other.resolve(), case, arguments.rounds, arguments.processes)
            spread = f"{min(quotients):.2f} to {max(quotients):.2f}"
            print(
                f"| {case} | {statistics.median(ours):.3f} | {statistics.median(quotients):.3f} | {spread} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
