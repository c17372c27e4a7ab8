"""Labels as the losses want them: (rows, outputs), float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.errors import DataError

Array = NDArray[Any]


def target_scaling(y: Array) -> tuple[Any, Any]:
    """Mean and standard deviation of a regression's targets: two floats, or a row each where there are several."""
    flat = y.reshape(len(y), -1)
    if flat.shape[1] == 1:
        return float(flat.mean()), float(flat.std()) or 1.0
    std = flat.std(axis=0)
    return flat.mean(axis=0), np.where(std == 0, 1.0, std)


def encode_targets(y: Array, mean: Any, std: Any) -> Array:
    """A regression's targets, standardized, or the zeros and ones of several labels."""
    return ((y.reshape(len(y), -1) - mean) / std).astype(np.float32)


def encode_classes(y: Array, outputs: int) -> Array:
    """Class numbers (rows,) as one column for one output, one-hot for more. Raises DataError."""
    if outputs == 1:
        return y.reshape(-1, 1).astype(np.float32)
    if y.max() >= outputs or y.min() < 0:
        raise DataError(f"labels run from {y.min()} to {y.max()}, but the network has {outputs} outputs")
    return one_hot(y.astype(np.int64), outputs)


def one_hot(classes: Array, outputs: int) -> Array:
    """Class numbers (rows,) -> (rows, outputs)."""
    return np.eye(outputs, dtype=np.float32)[classes]


def recognize_labels(y: Array, loss: str, outputs: int) -> tuple[Array, Array, int | None]:
    """Labels that somebody gave to `model.fit`, whichever way they are encoded.

    Returns:
        The encoded labels; the class of each row, or its target; how many classes there are, None for a regression.
    """
    flat = y.reshape(len(y), -1)
    if outputs > 1 and flat.shape[1] == 1:
        classes = flat[:, 0].astype(np.int64)
        return one_hot(classes, outputs), classes, outputs
    encoded = flat.astype(np.float32)
    if flat.shape[1] > 1 and bool(np.all((flat == 0) | (flat == 1)) and np.all(flat.sum(axis=1) == 1)):
        return encoded, flat.argmax(axis=1), flat.shape[1]
    if loss == "binary_crossentropy":
        return encoded, flat[:, 0].astype(np.int64), max(2, flat.shape[1])
    return encoded, flat[:, 0], None
