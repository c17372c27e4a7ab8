"""How good predictions on the test rows are, besides their loss and accuracy."""

import math
from typing import Any

import numpy as np


def quality(y: np.ndarray, predictions: np.ndarray, *, classes: int | None, target_std: float) -> dict[str, Any]:
    """Confusion matrix (rows: true class) for classes; R2, and the error in the target's units, for a regression.

    Args:
        y: encoded labels, (rows, outputs).
        predictions: the network's outputs, (rows, outputs).
        classes: how many there are; None for a regression.
        target_std: standard deviation of the raw target, by which `y` was divided.
    """
    if classes is None:
        return _of_regression(y.astype(np.float64), predictions, target_std)
    from sklearn.metrics import confusion_matrix

    if y.shape[1] == 1:
        truth, guess = y[:, 0] > 0.5, predictions[:, 0] > 0.5
    else:
        truth, guess = y.argmax(axis=1), predictions.argmax(axis=1)
    labels = range(max(2, y.shape[1]))
    matrix = confusion_matrix(truth.astype(int), guess.astype(int), labels=labels)
    return {"confusion_matrix": matrix.tolist()}


def _of_regression(y: np.ndarray, predictions: np.ndarray, target_std: float) -> dict[str, Any]:
    """What has no value, of predictions that are not finite or of a constant target, is None."""
    from sklearn.metrics import r2_score

    if not np.isfinite(predictions).all():
        return {"r2": None, "root_mean_squared_error": None}
    varies = bool((y != y[0]).any())
    return {
        "r2": float(r2_score(y, predictions, multioutput="variance_weighted")) if varies else None,
        "root_mean_squared_error": math.sqrt(float(np.square(predictions - y).mean())) * target_std,
    }
