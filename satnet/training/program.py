"""One epoch as one compiled program: a permutation goes in, sums come out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.training.network import Network

TAIL = 32  # steps of an epoch whose update ratios are measured
_SLICE_SECONDS = 0.5  # so that cancel, drain and progress are heard between slices


def wants_xla(layer_types: set[str]) -> bool:
    """XLA pays for dense networks at every batch size, and costs at convolutions and dropout on a CPU.

    Measured in docs/performance.md. A rule on the spec and never a timing, so that a resumed run executes the same
    program.
    """
    return not layer_types & {"conv2d", "dropout"}


@dataclass(frozen=True)
class EpochSums:
    """What one epoch leaves behind."""

    loss: float  # running mean over the epoch's batches, weighted by rows
    accuracy: float | None
    update_ratio: dict[str, float]  # kernel path -> median of ||step|| / ||W|| over the last steps
    movement: dict[str, float]  # kernel path -> ||W_end - W_start|| / ||W_start||


def hits(y: Any, prediction: Any) -> Any:
    """How many rows are right: 0.5 divides a single unit's output, else the largest output wins."""
    if prediction.shape[-1] == 1:
        right = tf.reduce_all((prediction > 0.5) == (y > 0.5), axis=-1)
    else:
        right = tf.argmax(prediction, axis=-1) == tf.argmax(y, axis=-1)
    return tf.reduce_sum(tf.cast(right, tf.int32))


def _norm(tensor: Any) -> Any:
    return tf.sqrt(tf.reduce_sum(tf.square(tf.cast(tensor, tf.float32))))


class EpochProgram:
    """Trains a network in place, epoch by epoch, from rows that stay on the device."""

    def __init__(
        self, network: Network, loss: Any, optimizer: Any, x: Any, y: Any, *, batch_size: int, xla: bool
    ) -> None:
        """`x` (rows, ...) and `y` (rows, outputs) are float32; `loss` and `optimizer` are Keras's own."""
        self._model, self._loss, self._optimizer = network.model, loss, optimizer
        self._batch_size = batch_size
        self.load(x, y)
        self._kernels = [tap.kernel for tap in network.taps if tap.kernel is not None]
        optimizer.build(self._model.trainable_variables)
        self._many = tf.function(self._steps, jit_compile=xla)
        self._measured = tf.function(self._measured_steps, jit_compile=xla)
        self._slice = 64

    def load(self, x: Any, y: Any) -> None:
        """Train on other rows; those of the same shapes are trained by the program that is compiled already."""
        self._x, self._y = x, y

    def _step(self, all_x: Any, all_y: Any, rows: Any) -> tuple[Any, Any]:
        x, y = tf.gather(all_x, rows), tf.gather(all_y, rows)
        with tf.GradientTape() as tape:
            prediction = tf.cast(self._model(x, training=True), tf.float32)
            value = self._loss(y, prediction)
            for penalty in self._model.losses:
                value += penalty
            scaled = self._optimizer.scale_loss(value)
        variables = self._model.trainable_variables
        self._optimizer.apply(tape.gradient(scaled, variables), variables)
        return value, hits(y, prediction)

    def _steps(self, x: Any, y: Any, order: Any, start: Any, stop: Any) -> tuple[Any, Any]:
        """Train on order[start:stop], (steps, batch) row numbers; the summed loss and the hits."""
        step, total, right = start, tf.zeros((), tf.float32), tf.zeros((), tf.int32)
        while step < stop:
            value, count = self._step(x, y, order[step])
            total, right, step = total + value, right + count, step + 1
        return total, right

    def _measured_steps(self, x: Any, y: Any, order: Any) -> tuple[Any, Any, Any]:
        """As `_steps` over all of `order`, and each step's update ratio, (steps, kernels)."""
        count = order.shape[0]
        ratios = tf.zeros((count, len(self._kernels)), tf.float32)
        total, right = tf.zeros((), tf.float32), tf.zeros((), tf.int32)
        for step in tf.range(count):
            before = [tf.identity(kernel.value) for kernel in self._kernels]
            value, hit = self._step(x, y, order[step])
            total, right = total + value, right + hit
            row = tf.stack(
                [
                    tf.math.divide_no_nan(_norm(kernel.value - old), _norm(old))
                    for kernel, old in zip(self._kernels, before, strict=True)
                ]
            )
            ratios = tf.tensor_scatter_nd_update(ratios, [[step]], [row])
        return total, right, ratios

    def run(self, order: np.ndarray, check: Callable[[], None]) -> EpochSums:
        """Train one epoch over the rows in `order` (rows,); `check` may raise between slices."""
        size, rows = self._batch_size, len(order)
        full, rest = divmod(rows, size)
        start_kernels = [kernel.numpy() for kernel in self._kernels]
        loss, right, ratios = 0.0, 0, []
        if full:
            batches = order[: full * size].reshape(full, size).astype(np.int32)
            tail = min(TAIL, full)
            whole = tf.constant(batches)
            for start, stop in self._slices(full - tail, check):
                total, hit = self._many(self._x, self._y, whole, tf.constant(start), tf.constant(stop))
                loss, right = loss + float(total) * size, right + int(hit)
            total, hit, ratio = self._measured(self._x, self._y, tf.constant(batches[full - tail :]))
            loss, right = loss + float(total) * size, right + int(hit)
            ratios.append(ratio.numpy())
        if rest:  # the last, smaller batch, as Keras trains it
            total, hit, ratio = self._measured(
                self._x, self._y, tf.constant(order[full * size :].astype(np.int32)[None])
            )
            loss, right = loss + float(total) * rest, right + int(hit)
            ratios.append(ratio.numpy())
        check()
        median = np.median(np.concatenate(ratios)[-TAIL:].astype(np.float64), axis=0)
        names = [kernel.path for kernel in self._kernels]
        moved = [_moved(old, new.numpy()) for old, new in zip(start_kernels, self._kernels, strict=True)]
        return EpochSums(
            loss=loss / rows,
            accuracy=right / rows,
            update_ratio=dict(zip(names, median.tolist(), strict=True)),
            movement=dict(zip(names, moved, strict=True)),
        )

    def _slices(self, steps: int, check: Callable[[], None]) -> Any:
        """(start, stop) pairs of about half a second; how the epoch is cut changes no number."""
        start = 0
        while start < steps:
            stop = min(steps, start + self._slice)
            began = time.monotonic()
            yield start, stop
            elapsed = max(time.monotonic() - began, 1e-6)
            if stop - start == self._slice:
                wanted = int(self._slice * _SLICE_SECONDS / elapsed)
                self._slice = max(1, min(wanted, self._slice * 16, 1_000_000))
            start = stop
            check()


def _moved(old: np.ndarray, new: np.ndarray) -> float:
    size = float(np.linalg.norm(old.astype(np.float64)))
    moved = float(np.linalg.norm(new.astype(np.float64) - old.astype(np.float64)))
    return moved / size if size > 0 else float("nan")


class Evaluation:
    """Mean loss (penalties included, as in Keras), accuracy and predictions on some rows."""

    def __init__(self, network: Network, loss: Any) -> None:
        """One compiled pass, shared by all row sets."""
        self._model, self._loss = network.model, loss
        self._batch = tf.function(self._forward, reduce_retracing=True)

    def _forward(self, x: Any, y: Any) -> tuple[Any, Any, Any]:
        prediction = tf.cast(self._model(x, training=False), tf.float32)
        value = self._loss(y, prediction)
        for penalty in self._model.losses:
            value += penalty
        return value, hits(y, prediction), prediction

    def __call__(self, x: np.ndarray, y: np.ndarray, batch: int = 2048) -> tuple[float, float, np.ndarray]:
        """`x` (rows, ...), `y` (rows, outputs) -> loss, accuracy, predictions (rows, outputs)."""
        loss, right, predictions = 0.0, 0, []
        for start in range(0, len(x), batch):
            part, label = x[start : start + batch], y[start : start + batch]
            value, hit, prediction = self._batch(tf.constant(part), tf.constant(label))
            loss, right = loss + float(value) * len(part), right + int(hit)
            predictions.append(prediction.numpy())
        return loss / len(x), right / len(x), np.concatenate(predictions)


_LOSSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
}


def build_loss(name: str) -> Any:
    """Keras's loss by name, averaged over the batch."""
    return _LOSSES[name]()
