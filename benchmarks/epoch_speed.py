"""Seconds an epoch, satnet with its measurements on against stock `model.fit`, in turn, in one call.

    .venv/bin/python benchmarks/epoch_speed.py [--rounds 5] [--only NAME]

60,000 x 784 random rows, validation off on both sides, everything compiled beforehand. `xla` is what the rule in
satnet/training/program.py chooses; the other choice is timed beside it. At batch size 1 stock fit runs 4,000 steps and
is scaled to 60,000.
"""

import argparse
import statistics
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.spec import expand_layers, parse_spec
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.probe import Probe
from satnet.training.program import EpochProgram, build_loss, wants_xla

ROWS, STEPS_OF_ONE = 60_000, 4_000
SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}


def dense(units: int, activation: str, **more: Any) -> dict[str, Any]:
    """A hidden layer."""
    return {"type": "dense", "units": units, "activation": activation} | more


IMAGE = [{"type": "reshape", "target_shape": [28, 28, 1]}]
POOL = {"type": "max_pooling2d"}
WORK: dict[str, tuple[list[Any], Any, int]] = {
    "784-25-10, batch 1, sgd": ([dense(25, "tanh")], "sgd", 1),
    "784-25-10, batch 64, sgd": ([dense(25, "tanh")], "sgd", 64),
    "784-25-10, batch 64, adam": ([dense(25, "tanh")], "adam", 64),
    "784-256-128-10, batch 64, adam": ([dense(256, "relu"), dense(128, "relu")], "adam", 64),
    "8 x 100 sigmoid, batch 64, adam": ([dense(100, "sigmoid", repeat=8)], "adam", 64),
    "batch norm 64-64, batch 64, adam": (
        [dense(64, "relu", batch_normalization="before_activation", repeat=2)],
        "adam",
        64,
    ),
    "dropout 64, batch 64, adam": ([dense(64, "relu"), {"type": "dropout", "rate": 0.3}], "adam", 64),
    "convolution 16-32-64, batch 64, adam": (
        [
            *IMAGE,
            {"type": "conv2d", "filters": 16, "kernel_size": 3, "activation": "relu"},
            POOL,
            {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu"},
            POOL,
            {"type": "conv2d", "filters": 64, "kernel_size": 3, "activation": "relu"},
            {"type": "flatten"},
        ],
        "adam",
        64,
    ),
}


class Ours:
    """satnet's epoch program and probe over the same rows."""

    def __init__(self, spec: Any, x: Any, y: Any, xla: bool) -> None:
        """Build; the first epoch compiles."""
        network, loss = build_network(spec, x.shape[1:], None), build_loss(spec.loss)
        batch = spec.training.batch_size
        rows = tf.constant(x), tf.constant(y)
        self._program = EpochProgram(network, loss, build_optimizer(spec), *rows, batch_size=batch, xla=xla)
        self._probe = Probe(network, spec.loss, loss, x[:1024], y[:1024], 0.05)
        self._order = np.random.default_rng(0)

    def epoch(self) -> float:
        """One epoch and its measurements."""
        began = time.perf_counter()
        sums = self._program.run(self._order.permutation(ROWS), lambda: None)
        self._probe.measure(sums.update_ratio, sums.movement, fresh=False, classes=10, variance=None)
        return time.perf_counter() - began


class Stock:
    """Keras's own fit."""

    def __init__(self, spec: Any, x: Any, y: Any) -> None:
        """Compile, and trace with one batch."""
        self._model = build_network(spec, x.shape[1:], None).model
        self._model.compile(build_optimizer(spec), build_loss(spec.loss), metrics=["accuracy"])
        self._batch = spec.training.batch_size
        rows = STEPS_OF_ONE if self._batch == 1 else ROWS
        self._x, self._y, self._scale = x[:rows], y[:rows], ROWS / rows
        self._model.fit(x[: self._batch], y[: self._batch], batch_size=self._batch, verbose=0)

    def epoch(self) -> float:
        """One epoch."""
        began = time.perf_counter()
        self._model.fit(self._x, self._y, batch_size=self._batch, verbose=0)
        return (time.perf_counter() - began) * self._scale


def main() -> None:
    """Medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, 784)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, ROWS)]
    print("| work | stock fit | satnet, measuring | ratio | xla | the other choice |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (hidden, optimizer, batch) in WORK.items():
        if arguments.only not in name:
            continue
        data = {"name": "gaussian", "features": 784}
        body = {"dataset": data, "layers": [*hidden, SOFTMAX], "optimizer": optimizer, "seed": 1}
        spec = parse_spec(body | {"training": {"batch_size": batch}})
        xla = wants_xla({layer.type for layer in expand_layers(spec)})
        runners = (Stock(spec, x, y), Ours(spec, x, y, xla), Ours(spec, x, y, not xla))
        for runner in runners[1:]:
            runner.epoch()
        times: list[list[float]] = [[], [], []]
        for _ in range(arguments.rounds):
            for seconds, runner in zip(times, runners, strict=True):
                seconds.append(runner.epoch())
        stock, ours, other = (statistics.median(one) for one in times)
        print(
            f"| {name} | {stock:.2f} s | {ours:.3f} s | {stock / ours:.1f} x | {xla} | {other:.3f} s |",
            flush=True,
        )
        keras.backend.clear_session()


if __name__ == "__main__":
    main()
