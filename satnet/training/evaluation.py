"""What a network predicts on some rows, and how well."""

from typing import Any

import numpy as np
import tensorflow as tf

from satnet.training.network import Network
from satnet.training.standardization import standardized


def hits(y: Any, prediction: Any, multi_label: bool = False) -> Any:
    """How many of (..., rows, outputs) are right, (...,) int32: rows, or with several labels a row, labels.

    0.5 divides a single unit's output and each label's, else the largest output wins.
    """
    if multi_label or prediction.shape[-1] == 1:
        return tf.reduce_sum(tf.cast((prediction > 0.5) == (y > 0.5), tf.int32), axis=(-2, -1))
    right = tf.argmax(prediction, axis=-1) == tf.argmax(y, axis=-1)
    return tf.reduce_sum(tf.cast(right, tf.int32), axis=-1)


def answers(y: Any, multi_label: bool) -> int:
    """How many hits a row of `y` (rows, outputs) can bring."""
    return int(y.shape[-1]) if multi_label else 1


class Evaluation:
    """Mean loss (penalties included, as in Keras), accuracy and predictions on some rows."""

    def __init__(self, network: Network, loss: Any, multi_label: bool = False) -> None:
        """One compiled pass, shared by all row sets."""
        self._model, self._loss, self._multi_label = network.model, loss, multi_label
        self._batch = tf.function(self._forward, reduce_retracing=True)

    def _forward(self, x: Any, y: Any, scaling: Any) -> tuple[Any, Any, Any]:
        prediction = tf.cast(self._model(standardized(x, scaling), training=False), tf.float32)
        value = self._loss(y, prediction)
        for penalty in self._model.losses:
            value += penalty
        return value, hits(y, prediction, self._multi_label), prediction

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
        return loss / len(x), right / len(x) / answers(y, self._multi_label), np.concatenate(predictions)
