"""Trials side by side in one program against one after another, on the same warm process; medians and ratios.

784-25-10, batch 64, adam, 60,000 rows of 784 bytes; every epoch measured.

    .venv/bin/python benchmarks/side_by_side.py [--rounds 5] [--epochs 3] [--parts]

`--parts`: instead, what a step costs a trial in programs of 4 to 32 trials, and what is spent outside the steps.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from satnet.spec import parse_spec


def write_rows(folder: Path, rows: int = 60_000) -> None:
    """A dataset of the shape and type of MNIST, with classes that can be learned."""
    rng = np.random.default_rng(1)
    centers = rng.integers(0, 256, (10, 784))
    labels = rng.integers(0, 10, rows + 2000)
    x = np.clip(centers[labels] * 0.4 + rng.normal(60, 60, (rows + 2000, 784)), 0, 255).astype(np.uint8)
    x = x.reshape(-1, 28, 28)
    (folder / "datasets").mkdir()
    y = labels.astype(np.uint8)
    path = folder / "datasets" / "mnist.npz"
    np.savez(path, x_train=x[:rows], y_train=y[:rows], x_test=x[rows:], y_test=y[rows:])


def specs(trials: int, epochs: int) -> list:
    """Learning rates and initializers on a grid."""
    content = {
        "dataset": {"name": "mnist", "validation_fraction": 0.02},
        "training": {"epochs": epochs, "batch_size": 64},
        "seed": 1,
    }
    grid = []
    for number in range(trials):
        hidden = {"type": "dense", "units": 25, "activation": "relu"}
        hidden["kernel_initializer"] = ("he_normal", "glorot_uniform")[number % 2]
        layers = [{"type": "flatten"}, hidden, {"type": "dense", "units": 10, "activation": "softmax"}]
        rate = 10 ** (-4 + 2 * number / trials)
        grid.append(parse_spec(content | {"layers": layers, "optimizer": {"name": "adam", "learning_rate": rate}}))
    return grid


def alone(grid: list, folder: Path) -> tuple[float, list]:
    """Seconds, and each trial's final training loss."""
    from satnet.training.run import train

    began, losses = time.perf_counter(), []
    for spec in grid:
        records: list = []
        train(spec, data_dir=folder, on_epoch=records.append)
        losses.append(records[-1]["train"]["loss"])
    return time.perf_counter() - began, losses


def together(grid: list, folder: Path) -> tuple[float, list]:
    """The same side by side."""
    from satnet.training.group import train_group
    from satnet.training.group_member import Member

    records: list = [[] for _ in grid]
    began = time.perf_counter()
    members = [
        Member(spec, on_epoch=records[number].append, check=lambda: None, done=lambda _: None)
        for number, spec in enumerate(grid)
    ]
    train_group(members, data_dir=folder)
    return time.perf_counter() - began, [one[-1]["train"]["loss"] for one in records]


def parts(trials: int, epochs: int, folder: Path, rounds: int) -> None:
    """What a step costs, and the share of the time that is spent outside the epochs; medians."""
    from satnet.training.stacked import StackedProgram

    inside, real = list[float](), StackedProgram.run

    def timed(program: StackedProgram, order: np.ndarray, check: Callable[[], None]) -> list:
        began = time.perf_counter()
        sums = real(program, order, check)
        inside.append((time.perf_counter() - began) / math.ceil(len(order) / 64))
        steps.append(math.ceil(len(order) / 64))
        return sums

    shares, steps = list[float](), list[int]()
    StackedProgram.run = timed
    for _ in range(rounds + 1):
        began = len(inside)
        seconds = together(specs(trials, epochs), folder)[0]
        shares.append(1 - sum(one * count for one, count in zip(inside[began:], steps[began:], strict=True)) / seconds)
    StackedProgram.run = real
    step = 1000 * statistics.median(inside[epochs:])
    print(
        f"{trials} trials: {step:.2f} ms a step, {step / trials:.3f} ms a trial; "
        f"{statistics.median(shares[1:]):.0%} of the time outside the steps",
        flush=True,
    )


def main() -> None:
    """Interleaved rounds after one that is not counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--parts", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder)
        if arguments.parts:
            for trials in (4, 8, 16, 32):
                parts(trials, arguments.epochs, folder, arguments.rounds)
            return
        for trials in (8, 32):
            grid = specs(trials, arguments.epochs)
            rounds = [(alone(grid, folder), together(grid, folder)) for _ in range(arguments.rounds + 1)][1:]
            one, all_ = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
            worst = max(abs(a - b) / a for a, b in zip(rounds[0][0][1], rounds[0][1][1], strict=True))
            print(
                f"{trials} trials, {arguments.epochs} epochs: one after another {one:.2f} s, side by side "
                f"{all_:.2f} s, {one / all_:.2f} x; largest relative difference of a loss {worst:.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
