"""What row weights cost: 100,000 x 40 rows, batch 64, two classes, beside Keras's own fit; epochs in turn, one process.

And what two asked metrics cost beside the accuracy that scikit-learn computes of the same predictions.

.venv/bin/python benchmarks/weighted_table.py [--rounds 5]

Printed: median seconds an epoch, and how many times as long Keras takes. Nothing is measured beside the training.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from sklearn.metrics import accuracy_score

from satnet.spec import parse_spec
from satnet.training.losses import build_loss
from satnet.training.metrics import measured
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.program import EpochProgram

ROWS, FEATURES = 100_000, 40
SPEC = parse_spec(
    {
        "dataset": {"name": "gaussian", "features": FEATURES, "classes": 2},
        "layers": [
            {"type": "dense", "units": 64, "activation": "relu"},
            {"type": "dense", "units": 32, "activation": "relu"},
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ],
        "optimizer": "adam",
        "training": {"batch_size": 64},
        "seed": 1,
    }
)


def ours(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Callable[[np.ndarray], object]:
    """An epoch of satnet's program."""
    network, loss, optimizer = build_network(SPEC, (FEATURES,), None), build_loss(SPEC.loss), build_optimizer(SPEC)
    rows = tf.constant(x), tf.constant(y)
    program = EpochProgram(network, loss, optimizer, *rows, batch_size=64, xla=True, weights=weights)
    return lambda order: program.run(order, lambda: None, False)


def keras_fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Callable[[np.ndarray], object]:
    """An epoch of Keras's fit."""
    model = build_network(SPEC, (FEATURES,), None).model
    model.compile(build_optimizer(SPEC), SPEC.loss, metrics=["accuracy"])
    return lambda _: model.fit(x, y, sample_weight=weights, batch_size=64, verbose=0)


def metrics(rows: int = 1437, classes: int = 10) -> str:
    """Median seconds of recall and pr_auc, and of scikit-learn's accuracy, on the predictions of as many rows."""
    rng = np.random.default_rng(0)
    predictions = rng.dirichlet(np.ones(classes), rows).astype(np.float32)
    y = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, rows)]
    asked = _median(lambda: measured(["recall", "pr_auc"], y, predictions, "classification"))
    plain = _median(lambda: accuracy_score(y.argmax(axis=1), predictions.argmax(axis=1)))
    return (
        f"recall and pr_auc of {rows} rows, {classes} classes: {asked:.4f} s, {asked / plain:.0f} x as long as accuracy"
    )


def _median(call: Callable[[], object], times: int = 21) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main() -> None:
    """A line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    y = (rng.random((ROWS, 1)) < 0.03).astype(np.float32)
    weights = np.where(y[:, 0] > 0, 1 / 0.06, 1 / 1.94).astype(np.float32)
    epochs = {
        "satnet": ours(x, y, None),
        "satnet, weights": ours(x, y, weights),
        "Keras fit": keras_fit(x, y, None),
        "Keras fit, weights": keras_fit(x, y, weights),
    }
    seconds: dict[str, list[float]] = {name: [] for name in epochs}
    for number in range(rounds + 1):
        for name, epoch in epochs.items():
            order = rng.permutation(ROWS)
            began = time.perf_counter()
            epoch(order)
            if number:  # the first one compiles
                seconds[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.3f} s an epoch")
    for part in ("", ", weights"):
        print(f"Keras fit{part} takes {medians['Keras fit' + part] / medians['satnet' + part]:.1f} x as long")

    print(metrics())


if __name__ == "__main__":
    main()
