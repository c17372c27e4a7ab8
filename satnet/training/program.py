"""One epoch as one compiled program: a permutation goes in, sums come out."""

import contextlib
import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.training.network import Network

TAIL = 32  # steps of an epoch whose update ratios are measured
_CHUNK_BYTES = 64_000_000  # of gathered rows; smaller blocks were slower (docs/performance.md)
_SPREAD = 4  # rows over which a kernel is spread for its norm: the fastest of 1 to 16 at 64 x 64 to 784 x 256
_NOTHING = (np.float64(0.0), np.int32(0))  # the sum of the batches' mean losses, and the hits
_SLICE_SECONDS = 0.5  # so that cancel, drain and progress are heard between slices


def wants_xla(layer_types: set[str]) -> bool:
    """XLA pays for dense networks at every batch size, and costs at convolutions on a CPU.

    Measured in docs/performance.md. A rule on the spec and never a timing, so that a resumed run executes the same
    program.
    """
    return "conv2d" not in layer_types


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
    """Frobenius norm, as the trace of a product: a sum of squares by XLA on a CPU takes two to four times as long."""
    parts = tf.reshape(tf.cast(tensor, tf.float32), (_SPREAD if tensor.shape.num_elements() % _SPREAD == 0 else 1, -1))
    return tf.sqrt(tf.linalg.trace(tf.matmul(parts, parts, transpose_b=True)))


def at_step(chunk: tuple[Any, ...], step: Any) -> tuple[Any, ...]:
    """The batch of a step: its rows, labels and masks."""
    return tuple(part[step] for part in chunk)


@contextlib.contextmanager
def masked(dropouts: Sequence[Any], masks: Sequence[Any]) -> Iterator[None]:
    """While a step is traced, let Keras's dropout layers keep what masks (batch, ...) say instead of drawing.

    XLA draws random numbers on a CPU ten times slower than TensorFlow's own kernel, which draws a chunk's at once.
    """
    try:
        for layer, mask in zip(dropouts, masks, strict=True):
            layer.call = functools.partial(_kept, mask, 1.0 / (1.0 - layer.rate))
        yield
    finally:
        for layer in dropouts:
            vars(layer).pop("call", None)


def _kept(mask: Any, scale: float, inputs: Any, training: bool = False) -> Any:
    return tf.where(mask, inputs * scale, tf.zeros_like(inputs)) if training else inputs


def standardized(x: Any, scaling: tuple[Any, Any]) -> Any:
    """Small integers as the network wants them, in the program that reads them; floats come standardized."""
    if x.dtype.is_floating:
        return x
    center, scale = scaling
    return (tf.cast(x, tf.float32) - center) / scale


class EpochProgram:
    """Trains a network in place, epoch by epoch, from rows that stay on the device.

    An epoch goes through in chunks: their rows are gathered by all cores into one block, which the compiled loop then
    reads from the front to the back. Gathering a batch a step inside the loop took a fifth of the epoch.
    """

    def __init__(
        self,
        network: Network,
        loss: Any,
        optimizer: Any,
        x: Any,
        y: Any,
        *,
        batch_size: int,
        xla: bool,
        scaling: tuple[Any, Any] = (0.0, 1.0),
    ) -> None:
        """`x` (rows, ...) and `y` (rows, outputs) as for `load`; `loss` and `optimizer` are Keras's own."""
        self._model, self._loss, self._optimizer = network.model, loss, optimizer
        self._batch_size = batch_size
        self._dropouts = network.dropouts() if xla else []  # those whose masks are drawn beforehand
        self.load(x, y, scaling)
        self._kernels = [tap.kernel for tap in network.taps if tap.kernel is not None]
        optimizer.build(self._model.trainable_variables)
        self._gathered = tf.function(self._gather, reduce_retracing=True)
        self._many = tf.function(self._steps, jit_compile=xla)
        self._measured = tf.function(self._measured_steps, jit_compile=xla)
        self._moved = tf.function(self._movement)
        self._slice = 64

    def load(self, x: Any, y: Any, scaling: tuple[Any, Any] = (0.0, 1.0)) -> None:
        """Train on other rows; those of the same shapes are trained by the program that is compiled already.

        Args:
            x: tensor (rows, ...): float32, ready for the network, or integers still to be standardized.
            y: tensor (rows, outputs), float32.
            scaling: what is subtracted from integers, and what they are then divided by; scalars or a row.
        """
        self._x, self._y = x, y
        self._scaling = tuple(tf.constant(part, tf.float32) for part in scaling)

    def _gather(self, all_x: Any, all_y: Any, order: Any, seeds: Any) -> tuple[Any, ...]:
        """The rows of (steps, batch) row numbers, step by step, and a mask of each dropout, from its seed."""
        masks = [
            tf.random.stateless_uniform(tf.concat([tf.shape(order), layer.input.shape[1:]], 0), seed) >= layer.rate
            for layer, seed in zip(self._dropouts, seeds, strict=True)
        ]
        return tf.gather(all_x, order), tf.gather(all_y, order), *masks

    def _step(self, rows: tuple[Any, ...], scaling: Any) -> tuple[Any, Any]:
        x, y, *masks = rows
        with tf.GradientTape() as tape, masked(self._dropouts, masks):
            prediction = tf.cast(self._model(standardized(x, scaling), training=True), tf.float32)
            value = self._loss(y, prediction)
            for penalty in self._model.losses:
                value += penalty
            scaled = self._optimizer.scale_loss(value)
        variables = self._model.trainable_variables
        self._optimizer.apply(tape.gradient(scaled, variables), variables)
        return value, hits(y, prediction)

    def _steps(self, chunk: tuple[Any, ...], scaling: Any, start: Any, stop: Any, sums: Any) -> tuple[Any, Any]:
        """Train on the batches start..stop of a chunk, (steps, batch, ...); losses and hits added to `sums`."""
        step, (total, right) = start, sums
        while step < stop:
            value, hit = self._step(at_step(chunk, step), scaling)
            total, right, step = total + tf.cast(value, tf.float64), right + hit, step + 1
        return total, right

    def _measured_steps(
        self, chunk: tuple[Any, ...], scaling: Any, start: Any, stop: Any, sums: Any
    ) -> tuple[Any, Any, Any]:
        """As `_steps` over at most TAIL batches, and each step's update ratio, (TAIL, kernels), zeros after."""
        ratios = tf.zeros((TAIL, len(self._kernels)), tf.float32)
        step, (total, right) = start, sums
        while step < stop:
            before = [tf.identity(kernel.value) for kernel in self._kernels]
            value, hit = self._step(at_step(chunk, step), scaling)
            total, right = total + tf.cast(value, tf.float64), right + hit
            row = tf.stack(
                [
                    tf.math.divide_no_nan(_norm(kernel.value - old), _norm(old))
                    for kernel, old in zip(self._kernels, before, strict=True)
                ]
            )
            ratios = tf.tensor_scatter_nd_update(ratios, [[step - start]], [row])
            step = step + 1
        return total, right, ratios

    def _movement(self, before: list[Any]) -> Any:
        """||W - W_before|| / ||W_before|| of every kernel, (kernels,); NaN where W_before is all zeros."""
        moved = []
        for kernel, old in zip(self._kernels, before, strict=True):
            start, end = tf.cast(old, tf.float64), tf.cast(kernel.value, tf.float64)
            moved.append(tf.norm(end - start) / tf.norm(start))
        return tf.stack(moved)

    def run(self, order: np.ndarray, check: Callable[[], None], measured: bool = True) -> EpochSums:
        """Train one epoch over the rows in `order` (rows,); `check` may raise between slices.

        `measured=False` leaves update ratios and movement out, for epochs that nobody looks at.
        """
        size, rows = self._batch_size, len(order)
        full, rest = divmod(rows, size)
        before = [tf.identity(kernel.value) for kernel in self._kernels] if measured else []
        sums, last, ratios = _NOTHING, _NOTHING, list[np.ndarray]()
        if full:
            tail = full - min(TAIL, full) if measured else full
            batches = order[: full * size].reshape(full, size).astype(np.int32)
            for first, count, chunk in self._chunks(batches):
                ready = self._gathered(self._x, self._y, tf.constant(chunk), self._seeds(first))
                plain = min(max(tail - first, 0), count)
                for start, stop in self._slices(plain, check):
                    sums = self._call(self._many, ready, start, stop, sums)
                if plain < count:
                    *sums, found = self._call(self._measured, ready, plain, count, sums)
                    ratios.append(found[: count - plain])
        if rest:  # the last, smaller batch, as Keras trains it
            numbers = order[full * size :].astype(np.int32)[None]
            ready = self._gathered(self._x, self._y, tf.constant(numbers), self._seeds(full))
            *last, found = self._call(self._measured, ready, 0, 1, last)
            ratios.append(found[:1])
        check()
        names = [kernel.path for kernel in self._kernels] if measured else []
        median = np.median(np.concatenate(ratios)[-TAIL:].astype(np.float64), axis=0).tolist() if measured else []
        return EpochSums(
            loss=float(sums[0] * size + last[0] * rest) / rows,
            accuracy=int(sums[1] + last[1]) / rows,
            update_ratio=dict(zip(names, median, strict=True)),
            movement=dict(zip(names, self._moved(before).numpy().tolist() if measured else [], strict=True)),
        )

    def _seeds(self, first: int) -> list[Any]:
        """Of the masks of a chunk that begins with step `first`; chunks are the same however the epoch is sliced."""
        return [tf.constant([int(layer.seed_generator.state[0]), first], tf.int64) for layer in self._dropouts]

    def _call(self, compiled: Any, chunk: tuple[Any, ...], start: int, stop: int, sums: Any) -> Any:
        """Sums go in and out, so that where an epoch is cut changes no bit of them."""
        results = compiled(chunk, self._scaling, tf.constant(start), tf.constant(stop), tuple(map(tf.constant, sums)))
        return [one.numpy() for one in results]

    def _chunks(self, batches: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """(first step, steps, row numbers) of even parts of the epoch; all of one shape, as one program reads them."""
        row = self._x.dtype.size * math.prod(self._x.shape[1:])
        row += sum(math.prod(layer.input.shape[1:]) for layer in self._dropouts)
        most = max(TAIL, _CHUNK_BYTES // (row * self._batch_size))
        even = -(-len(batches) // -(-len(batches) // most))
        for first in range(0, len(batches), even):
            part = batches[first : first + even]
            padding = np.zeros((even - len(part), self._batch_size), np.int32)
            yield first, len(part), np.concatenate([part, padding])

    def _slices(self, steps: int, check: Callable[[], None]) -> Iterator[tuple[int, int]]:
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
        """`x` (rows, ...) and `scaling` as for EpochProgram.load -> loss, accuracy, predictions (rows, outputs)."""
        loss, right, predictions = 0.0, 0, []
        ready = tuple(tf.constant(part, tf.float32) for part in scaling)
        for start in range(0, len(x), batch):
            part, label = x[start : start + batch], y[start : start + batch]
            value, hit, prediction = self._batch(tf.constant(part), tf.constant(label), ready)
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
