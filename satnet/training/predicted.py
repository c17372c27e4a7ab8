"""Labels beside what a network predicted for them, as scikit-learn's metrics take them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from satnet.spec.datasets import Task
from satnet.training.sources import Array


@dataclass(frozen=True)
class Labeled:
    """Rows of a classification, or of a multi-label task.

    Attributes:
        truth: class numbers (rows,); of several labels 0 and 1, (rows, labels).
        guess: what the network says, as `truth`.
        scores: what it says it with, (rows, columns); a single column is that of class 1.
        outputs: how many classes or labels there are.
        is_binary: whether there are two classes, or a single label.
    """

    truth: Array
    guess: Array
    scores: Array
    outputs: int
    is_binary: bool

    @classmethod
    def of(cls, y: Array, predictions: Array, task: Task) -> "Labeled":
        """From encoded labels and the network's outputs, (rows, outputs) each."""
        columns = y.shape[1]
        if columns == 1:
            return cls(_above(y)[:, 0], _above(predictions)[:, 0], predictions, 2, True)
        if task == "multi_label":
            return cls(_above(y), _above(predictions), predictions, columns, False)
        truth, guess = y.argmax(axis=1), predictions.argmax(axis=1)
        scores = predictions
        if columns == 2:  # so that a threshold on it says what the larger output says
            scores = predictions[:, 1:] - predictions[:, :1]
        return cls(truth, guess, scores, columns, columns == 2)

    @cached_property
    def columns(self) -> Array:
        """Whether each row is of each column of `scores`: 0 or 1, (rows, columns)."""
        if self.is_binary:
            return self.truth[:, None]
        if self.truth.ndim == 2:
            return self.truth
        return (self.truth[:, None] == np.arange(self.outputs)).astype(np.int64)

    @cached_property
    def divided_columns(self) -> Array:
        """Numbers of the columns that some rows are of and some are not."""
        share = self.columns.mean(axis=0)
        return np.flatnonzero((share > 0) & (share < 1))

    def divided(self) -> tuple[Array, Array]:
        """These columns of the truth and of the scores."""
        return self.columns[:, self.divided_columns], self.scores[:, self.divided_columns]

    def against_the_rest(self) -> Iterator[tuple[int, Array, Array]]:
        """(number, truth, scores) of each of them."""
        for number in self.divided_columns:
            yield int(number), self.columns[:, number], self.scores[:, number]

    @cached_property
    def is_finite(self) -> bool:
        """Whether all predictions are."""
        return bool(np.isfinite(self.scores).all())


@dataclass(frozen=True)
class Targets:
    """Rows of a regression: standardized targets and predictions, (rows, targets), and what gives their own units."""

    y: Array
    predictions: Array
    mean: Any
    std: Any

    @cached_property
    def truth(self) -> Array:
        """The targets in their own units, float64."""
        return self.y.astype(np.float64) * self.std + self.mean

    @cached_property
    def guess(self) -> Array:
        """The predictions in the same units."""
        return self.predictions.astype(np.float64) * self.std + self.mean

    @cached_property
    def residuals(self) -> Array:
        """Prediction minus target, in the target's own units."""
        return (self.predictions.astype(np.float64) - self.y) * self.std

    @property
    def mae(self) -> float:
        """Mean absolute error, over all targets."""
        return float(np.abs(self.residuals).mean())

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, over all targets."""
        return math.sqrt(float(np.square(self.residuals).mean()))

    @property
    def r2(self) -> float | None:
        """Coefficient of determination; of several targets, weighted by their variances. None for constant ones."""
        from sklearn.metrics import r2_score

        y = self.y.astype(np.float64)
        if not (y != y[0]).any():
            return None
        return float(r2_score(y, self.predictions, multioutput="variance_weighted"))

    def of(self, target: int) -> "Targets":
        """One target alone."""

        def one(part: Any) -> Any:
            return part[target] if np.ndim(part) else part

        chosen = slice(target, target + 1)
        return Targets(self.y[:, chosen], self.predictions[:, chosen], one(self.mean), one(self.std))


def _above(x: Array) -> Array:
    """Which are above a half, as 0 and 1."""
    return (x > 0.5).astype(np.int64)
