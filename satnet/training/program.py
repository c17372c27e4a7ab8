"""One epoch of one network as one compiled program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from satnet.training.dropout_masks import masked
from satnet.training.epoch_loop import EpochLoop
from satnet.training.evaluation import answers, hits
from satnet.training.network import Network
from satnet.training.standardization import standardized

_SPREAD = 4  # rows over which a kernel is spread for its norm: the fastest of 1 to 16 at 64 x 64 to 784 x 256


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
    accuracy: float  # share of right answers; of no meaning for a regression
    update_ratio: dict[str, float]  # kernel path -> median of ||step|| / ||W|| over the last steps
    movement: dict[str, float]  # kernel path -> ||W_end - W_start|| / ||W_start||


class EpochProgram:
    """Trains a network in place, epoch by epoch."""

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
        weights: Any = None,
        multi_label: bool = False,
    ) -> None:
        """`x` (rows, ...), `y` (rows, outputs), `weights` (rows,) as for EpochLoop.load; the others are Keras's own."""
        dropouts = network.dropouts() if xla else []
        trainer = _NetworkTrainer(network, loss, optimizer, dropouts, multi_label)
        self._multi_label = multi_label
        self._names = trainer.names
        self.loop = EpochLoop(trainer, batch_size=batch_size, xla=xla, dropouts=dropouts)
        self.load(x, y, scaling, weights)

    def load(self, x: Any, y: Any, scaling: tuple[Any, Any] = (0.0, 1.0), weights: Any = None) -> None:
        """Train on other rows, as for EpochLoop.load; None forgets those that it had."""
        self.loop.load(x, y, scaling, weights)

    def run(self, order: np.ndarray, check: Callable[[], None], measured: bool = True) -> EpochSums:
        """Train one epoch, as EpochLoop.run does."""
        totals = self.loop.run(order, check, measured)
        names = self._names if measured else []
        return EpochSums(
            loss=float(totals.loss),
            accuracy=float(totals.accuracy) / answers(self.loop.y, self._multi_label),
            update_ratio=dict(zip(names, totals.update_ratio.tolist(), strict=True)),
            movement=dict(zip(names, totals.movement.tolist(), strict=True)),
        )


class _NetworkTrainer:
    """A BatchTrainer of one network: the steps are those of Keras's own optimizer."""

    shape = ()

    def __init__(self, network: Network, loss: Any, optimizer: Any, dropouts: list[Any], multi_label: bool) -> None:
        self._model, self._loss, self._optimizer, self._dropouts = network.model, loss, optimizer, dropouts
        self._multi_label = multi_label
        self._kernels = [tap.kernel for tap in network.taps if tap.kernel is not None]
        optimizer.build(self._model.trainable_variables)

    @property
    def names(self) -> list[str]:
        """The kernels' paths."""
        return [kernel.path for kernel in self._kernels]

    def kernels(self) -> list[Any]:
        return [kernel.value for kernel in self._kernels]

    def step(self, batch: tuple[Any, ...], scaling: Any) -> tuple[Any, Any]:
        x, y, *rest = batch
        masks, weights = rest[: len(self._dropouts)], rest[len(self._dropouts) :]
        with tf.GradientTape() as tape, masked(self._dropouts, masks):
            prediction = tf.cast(self._model(standardized(x, scaling), training=True), tf.float32)
            value = self._loss(y, prediction, *weights)
            for penalty in self._model.losses:
                value += penalty
            scaled = self._optimizer.scale_loss(value)
        variables = self._model.trainable_variables
        self._optimizer.apply(tape.gradient(scaled, variables), variables)
        return value, hits(y, prediction, self._multi_label)

    def update_ratios(self, before: list[Any]) -> Any:
        return tf.stack(
            [
                tf.math.divide_no_nan(_norm(kernel.value - old), _norm(old))
                for kernel, old in zip(self._kernels, before, strict=True)
            ]
        )

    def movement(self, before: list[Any]) -> Any:
        moved = []
        for kernel, old in zip(self._kernels, before, strict=True):
            start, end = tf.cast(old, tf.float64), tf.cast(kernel.value, tf.float64)
            moved.append(tf.norm(end - start) / tf.norm(start))
        return tf.stack(moved)


def _norm(tensor: Any) -> Any:
    """Frobenius norm, as the trace of a product: a sum of squares by XLA on a CPU takes two to four times as long."""
    parts = tf.reshape(tf.cast(tensor, tf.float32), (_SPREAD if tensor.shape.num_elements() % _SPREAD == 0 else 1, -1))
    return tf.sqrt(tf.linalg.trace(tf.matmul(parts, parts, transpose_b=True)))
