"""How the units of a layer vary together, and in how many directions."""

import functools
import math
from typing import Any

import numpy as np
import tensorflow as tf
from threadpoolctl import ThreadpoolController

from satnet.training.sums import column_means, products

WIDEST = 1024  # units whose covariance is diagonalised; wider layers report null


def covariance(centred: Any) -> tuple[Any, Any]:
    """The covariance, (units, units), empty for wide layers, and the variances, (units,); both float64.

    `centred`: (entries, units), less their means as rounded to their own type.
    """
    entries, off = centred.shape[0], column_means(centred)
    if centred.shape[-1] > WIDEST:
        return tf.zeros((0, 0), tf.float64), column_means(tf.square(centred)) - tf.square(off)
    product = products(centred) / entries - off[:, None] * off[None]
    return product, tf.maximum(tf.linalg.diag_part(product), 0.0)


@functools.cache
def _threads() -> Any:
    """BLAS with one thread: more of them wait for each other, and for TensorFlow's, longer than they compute."""
    return ThreadpoolController()


def effective_dimension(matrix: np.ndarray) -> float:
    """Share of a covariance's eigendirections that hold 99 % of the variance (Delve's measure); NaN without one."""
    if not matrix.size or not np.isfinite(matrix).all():
        return math.nan
    with _threads().limit(limits=1, user_api="blas"):
        values = np.maximum(np.linalg.eigvalsh(matrix), 0.0)[::-1]
    total = values.sum()
    return float(((np.cumsum(values) < 0.99 * total).sum() + 1.0) / len(values)) if total > 0 else math.nan
