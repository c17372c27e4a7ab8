"""What a network predicts on some rows, and how well."""

from typing import Any

import numpy as np
import tensorflow as tf

from satnet.training.network import Network
from satnet.training.standardization import standardized


def hits(y: Any, prediction: Any) -> Any:
    """How many of (..., rows, outputs) are right, (...,) int32.

    0.5 divides a single unit's output, else the largest output wins.
    """
    if prediction.shape[-1] == 1:
        right = tf.reduce_all((prediction > 0.5) == (y > 0.5), axis=-1)
    else:
        right = tf.argmax(prediction, axis=-1) == tf.argmax(y, axis=-1)
    return tf.reduce_sum(tf.cast(right, tf.int32), axis=-1)


class Evaluation:
    """Mean loss (penalties included, as in Keras), accuracy and predictions on some rows."""

    def __init__(self, network: Network, loss: Any) -> None:
        """One compiled pass, shared by all row sets."""
        self._model, self._loss = network.model, loss
        self._batch = tf.function(self._forward, reduce_retracing=True)

    def _forward(self, x: Any, y: Any, scaling: Any) -> tuple[Any, Any, Any]:
        prediction = tf.cast(self._model(standardized(x, scaling), training=False), tf.float32)
        value = self._loss(y, prediction)
        for penalty in self._model.losses:
            value += penalty
        return value, hits(y, prediction), prediction

    def __call__(
        self, x: np.ndarray, y: np.ndarray, scaling: tuple[Any, Any] = (0.0, 1.0), batch: int = 2048
    ) -> tuple[float, float, np.ndarray]:
        """`x` (rows, ...) and `scaling` as for EpochLoop.load -> loss, accuracy, predictions (rows, outputs)."""
        loss, right, predictions = 0.0, 0, []
        ready = tuple(tf.constant(part, tf.float32) for part in scaling)
        for start in range(0, len(x), batch):
            part, label = x[start : start + batch], y[start : start + batch]
            value, hit, prediction = self._batch(tf.constant(part), tf.constant(label), ready)
            loss, right = loss + float(value) * len(part), right + int(hit)
            predictions.append(prediction.numpy())
        return loss / len(x), right / len(x), np.concatenate(predictions)
