"""How well single classes are recognized: accuracy hides a class that is rare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def class_recalls(y: Array, predictions: Array, rarest: int) -> tuple[float | None, float | None]:
    """The recall of class `rarest`, and the mean over all classes that have rows.

    Args:
        y: encoded labels, (rows, outputs): one column of class numbers, or one-hot.
        predictions: the network's outputs, (rows, outputs); 0.5 divides a single one, else the largest wins.
        rarest: a class; its recall is None where it has no rows.
    """
    if y.shape[1] == 1:
        truth, guess = (y[:, 0] > 0.5).astype(np.int64), (predictions[:, 0] > 0.5).astype(np.int64)
    else:
        truth, guess = y.argmax(axis=1), predictions.argmax(axis=1)
    rows = np.bincount(truth, minlength=rarest + 1)
    recognized = np.bincount(truth[truth == guess], minlength=len(rows))
    recalls = recognized / np.maximum(rows, 1)
    return (float(recalls[rarest]) if rows[rarest] else None), float(recalls[rows > 0].mean())
