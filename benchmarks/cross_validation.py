"""One experiment with folds against scikit-learn's cross_validate with a Keras model wrapped by hand.

    .venv/bin/python benchmarks/cross_validation.py [--rounds 3]

The same folds, standardization inside each fold, the same network, 5 folds of 10 epochs on digits. The training rows
are satnet's; both report the mean accuracy of the held-out folds.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold, cross_validate

from satnet.spec import parse_spec
from satnet.training.run import train
from satnet.training.source import load_rows

BODY = {
    "dataset": {"name": "digits"},
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "relu", "kernel_initializer": "he_normal"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "optimizer": "adam",
    "training": {"epochs": 10, "batch_size": 64},
    "cross_validation": {"folds": 5, "stratified": True},
}


class Wrapped(ClassifierMixin, BaseEstimator):
    """What one writes by hand."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Wrapped":
        """Standardize on these rows and train."""
        keras.utils.set_random_seed(self.seed)
        self.classes_, self.mean_, self.std_ = np.unique(y), x.mean(), x.std()
        self.model_ = keras.Sequential(
            [
                keras.layers.Flatten(),
                keras.layers.Dense(25, "relu", kernel_initializer="he_normal"),
                keras.layers.Dense(10, "softmax"),
            ]
        )
        self.model_.compile("adam", "sparse_categorical_crossentropy")
        self.model_.fit((x - self.mean_) / self.std_, y, batch_size=64, epochs=10, verbose=0)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Classes."""
        return np.argmax(self.model_.predict((x - self.mean_) / self.std_, verbose=0), axis=1)


def main() -> None:
    """Interleaved rounds, each with another seed, after one that is not counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    mine, theirs, ours_time, their_time = [], [], [], []
    for seed in range(parser.parse_args().rounds + 1):
        spec = parse_spec(BODY | {"seed": seed})
        began, records = time.perf_counter(), list[dict]()
        train(spec, data_dir=Path("nowhere"), on_epoch=records.append)
        ours_time.append(time.perf_counter() - began)
        last = [record for record in records if record["epoch"] == spec.training.epochs]
        mine.append(statistics.fmean(record["validation"]["accuracy"] for record in last))
        rows, _ = load_rows(spec, Path("nowhere"))
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        began = time.perf_counter()
        scores = cross_validate(Wrapped(seed), rows.x.astype(np.float32), rows.y, cv=folds)
        their_time.append(time.perf_counter() - began)
        theirs.append(float(scores["test_score"].mean()))
    gaps = [a - b for a, b in zip(mine, theirs, strict=True)]
    noise = statistics.stdev(gaps)
    print(
        f"mean accuracy over folds: satnet {statistics.fmean(mine):.4f}, cross_validate {statistics.fmean(theirs):.4f}"
    )
    print(f"difference {statistics.fmean(gaps):+.4f}, standard deviation between seeds {noise:.4f}")
    ours, other = (statistics.median(times[1:]) for times in (ours_time, their_time))
    print(f"satnet {ours:.2f} s with saturation of every epoch, cross_validate {other:.2f} s, {other / ours:.1f} x")


if __name__ == "__main__":
    main()
