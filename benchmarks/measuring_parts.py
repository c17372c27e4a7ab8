"""Where the time of the measurements goes: an epoch with them and without, in turn, and each part on its own.

    .venv/bin/python benchmarks/measuring_parts.py [NAME ...] [--rounds 7] [--write]

Milliseconds, medians. `steps`: the update ratios of the last steps and each kernel's movement. `network`: forward and
backward pass of the probe's rows, which the arithmetic alone sets. `numbers`: what is then reduced from z, a and the
gradients. `eigenvalues`: the effective dimension. `record`: everything in Python.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from compare import write
from runners import work
from runners.ours import built

from satnet.training.covariance import effective_dimension
from satnet.training.program import EpochSums

COLUMNS = ("without", "with", "ratio", "steps", "network", "numbers", "eigenvalues", "record")


def median(call: Callable[[], object], rounds: int) -> float:
    """Milliseconds of a call."""
    call()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def parts(name: str, rounds: int) -> dict[str, float]:
    """Of one network, 60,000 rows of 784 bytes."""
    ready = built(name)
    network, loss, program, probe = ready.network, ready.loss, ready.program, ready.probe
    random = np.random.default_rng(0)

    def train(measured: bool) -> EpochSums:
        return program.run(random.permutation(work.ROWS), lambda: None, measured)

    def measure(sums: EpochSums) -> None:
        probe.measure(sums.update_ratio, sums.movement, fresh=False, classes=work.CLASSES, variance=None)

    @tf.function
    def bare(rows: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            outputs = network.probe(rows, training=False)
            total = tf.reduce_sum(loss(labels, outputs[2 * len(network.taps)]))
        kernels = [tap.kernel.value for tap in network.taps if tap.kernel is not None]
        return [tf.reduce_sum(one) for one in tape.gradient(total, [*outputs[: len(network.taps)], *kernels])]

    for measured in (False, True):
        measure(train(measured=True))
        train(measured)
    without, steps, both = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        began = time.perf_counter()
        train(measured=False)
        middle = time.perf_counter()
        sums = train(measured=True)
        trained = time.perf_counter()
        measure(sums)
        ended = time.perf_counter()
        without.append(1000 * (middle - began))
        steps.append(1000 * (trained - middle))
        both.append(1000 * (ended - middle))
    inputs = tuple(map(tf.constant, ready.probed))
    whole = median(lambda: measure(sums), 5 * rounds)
    passed = median(lambda: probe._pass(*inputs)[0].numpy(), 5 * rounds)
    alone = median(lambda: [one.numpy() for one in bare(*inputs)], 5 * rounds)
    covariances = [one.numpy() for one in probe._pass(*inputs)[1]]
    eigenvalues = median(lambda: [effective_dimension(one) for one in covariances], 5 * rounds)
    off, on = statistics.median(without), statistics.median(both)
    return {
        "without": off,
        "with": on,
        "ratio": on / off,
        "steps": statistics.median(steps) - off,
        "network": alone,
        "numbers": passed - alone,
        "eigenvalues": eigenvalues,
        "record": whole - passed - eigenvalues,
    }


def main() -> None:
    """A row a network."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(work.WORK))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    lines = [f"| ms an epoch | {' | '.join(COLUMNS)} |", "| --- |" + " ---: |" * len(COLUMNS)]
    for name in arguments.names:
        milliseconds = parts(name, arguments.rounds)
        cells = [f"{milliseconds[key]:.2f} x" if key == "ratio" else f"{milliseconds[key]:.1f}" for key in COLUMNS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if arguments.write:
        write("parts", "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
