"""How an epoch grows with rows, width, depth and batch size, and what share of this machine's peak it reaches.

    .venv/bin/python benchmarks/scaling.py [--rounds 5] [--write]

The slope is that of log(seconds) against log(size), by least squares. The work of an epoch: 6 operations a weight and
row (forward, and two products backward; 4 in the first layer, which needs no gradient of its input). The bytes it must
move: each row once, and each weight read and written once a step. The peaks are measured in the same call: a product of
2048 x 2048 matrices by TensorFlow, and the copy of 400 MB by NumPy.
"""

import argparse
import math
import statistics
import time

import numpy as np
import tensorflow as tf
from compare import write

from satnet.spec import parse_spec
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.probe import Probe
from satnet.training.program import EpochProgram

FEATURES, CLASSES = 784, 10
BASE = {"rows": 30_000, "width": 64, "depth": 2, "batch": 64}
SWEPT = {
    "rows": [7_500, 15_000, 30_000, 60_000],
    "width": [32, 64, 128, 256, 512],
    "depth": [1, 2, 4, 8],
    "batch": [1, 8, 64, 512],
}


def epoch_of(size: dict[str, int]):
    """A function that runs one measured epoch, compiled; the operations and the bytes of it."""
    layers = [{"type": "dense", "units": size["width"], "activation": "tanh", "repeat": size["depth"]}]
    layers.append({"type": "dense", "units": CLASSES, "activation": "softmax"})
    body = {"dataset": {"name": "gaussian", "features": FEATURES}, "layers": layers, "optimizer": "sgd", "seed": 1}
    spec = parse_spec(body | {"training": {"batch_size": size["batch"]}})
    rng, rows = np.random.default_rng(0), size["rows"]
    x = rng.integers(0, 256, (rows, FEATURES)).astype(np.uint8)
    y = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, rows)]
    network, loss = build_network(spec, (FEATURES,), None), build_loss(spec.loss)
    tensors = tf.constant(x), tf.constant(y)
    program = EpochProgram(
        network, loss, build_optimizer(spec), *tensors, batch_size=size["batch"], xla=True, scaling=(127.5, 73.9)
    )
    probe = Probe(network, spec.loss, loss, (x[:1024] - np.float32(127.5)) / np.float32(73.9), y[:1024], 0.05)

    def epoch() -> None:
        sums = program.run(rng.permutation(rows), lambda: None)
        probe.measure(sums.update_ratio, sums.movement, fresh=False, classes=CLASSES, variance=None)

    weights = network.model.count_params()
    operations = rows * (6 * weights - 2 * FEATURES * size["width"])
    moved = rows * FEATURES + math.ceil(rows / size["batch"]) * weights * 4 * 2
    epoch()
    epoch()
    return epoch, operations, moved


def timed(run, rounds: int) -> float:
    """Median seconds of turns of half a second."""
    turns = []
    for _ in range(rounds):
        count, began = 0, time.perf_counter()
        while not count or time.perf_counter() - began < 0.5:
            run()
            count += 1
        turns.append((time.perf_counter() - began) / count)
    return statistics.median(turns)


def peaks(rounds: int) -> tuple[float, float]:
    """Operations and bytes a second."""
    a = tf.random.normal((2048, 2048))
    product = timed(lambda: tf.matmul(a, a)[0, 0].numpy(), rounds)
    source = np.ones(50_000_000)
    target = np.empty_like(source)
    copy = timed(lambda: np.copyto(target, source), rounds)
    return 2 * 2048**3 / product, 2 * source.nbytes / copy


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    computing, moving = peaks(arguments.rounds)
    text = f"Peaks: {computing / 1e9:.0f} GFLOP/s, {moving / 1e9:.1f} GB/s. Base: {BASE}.\n\n"
    text += "| grows | size | s/epoch | slope | of peak GFLOP/s | of peak GB/s |\n| --- |" + " --- |" * 5 + "\n"
    for name, sizes in SWEPT.items():
        seconds = []
        for size in sizes:
            epoch, operations, moved = epoch_of(BASE | {name: size})
            seconds.append(timed(epoch, arguments.rounds))
            shares = f"{operations / seconds[-1] / computing:.0%} | {moved / seconds[-1] / moving:.0%}"
            slope = ""
            if size == sizes[-1]:
                slope = f"{np.polyfit(np.log(sizes), np.log(seconds), 1)[0]:.2f}"
            text += f"| {name} | {size} | {seconds[-1]:.4f} | {slope} | {shares} |\n"
            print(name, size, f"{seconds[-1]:.4f}", slope, shares, flush=True)
    print(text)
    if arguments.write:
        write("scaling", f"\n{text}")


if __name__ == "__main__":
    main()
