"""The loop that every epoch program shares: a permutation goes in, sums and measurements come out."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

TAIL = 32  # steps of an epoch whose update ratios are measured
_CHUNK_BYTES = 64_000_000  # of gathered rows; smaller blocks were slower (docs/performance.md)
_SLICE_SECONDS = 0.5  # so that cancel, drain and progress are heard between slices
_NOTHING = np.zeros(0)


class BatchTrainer(Protocol):
    """Takes optimizer steps, and says how far they went; `step` and what follows it run while a program is traced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one step's loss: () for a network, (trials,) for stacked ones."""

    def kernels(self) -> list[Any]:
        """The measured kernels as they are now, tensors."""

    def step(self, batch: tuple[Any, ...], scaling: Any) -> tuple[Any, Any]:
        """Train on (x, y, mask of each dropout, and the rows' weights where they have some), of a batch.

        Returns the loss, and how many rows were right, of `shape`.
        """

    def update_ratios(self, before: list[Any]) -> Any:
        """||W - W_before|| / ||W_before|| of every kernel after one step, (kernels, *shape), float32."""

    def movement(self, before: list[Any]) -> Any:
        """The same after an epoch, float64; NaN where W_before is all zeros."""


@dataclass(frozen=True)
class EpochTotals:
    """What the loop measured in one epoch; the arrays are empty where it was not asked to."""

    loss: Any  # shape: running mean over the epoch's batches, weighted by rows
    accuracy: Any  # shape
    update_ratio: np.ndarray  # (kernels, *shape): median over the epoch's last steps
    movement: np.ndarray  # (kernels, *shape)


class EpochLoop:
    """Feeds a trainer from rows that stay on the device, in compiled programs.

    An epoch goes through in chunks: their rows are gathered by all cores into one block, which the compiled loop then
    reads from the front to the back. Gathering a batch a step inside the loop took a fifth of the epoch.
    """

    def __init__(self, trainer: BatchTrainer, *, batch_size: int, xla: bool, dropouts: Sequence[Any] = ()) -> None:
        """`dropouts`: the layers whose masks are drawn beforehand, a chunk's at once."""
        self._trainer, self._batch_size, self._dropouts = trainer, batch_size, dropouts
        self.gathered = tf.function(self._gather, reduce_retracing=True)
        self.plain_steps = tf.function(self._steps, jit_compile=xla)
        self.measured_steps = tf.function(self._measured_steps, jit_compile=xla)
        self._moved = tf.function(trainer.movement)
        self.slice_steps = 64  # taken at once; adapted to about half a second

    def load(self, x: Any, y: Any, scaling: tuple[Any, Any] = (0.0, 1.0), weights: Any = None) -> None:
        """Train on other rows; those of the same shapes are trained by the program that is compiled already.

        Args:
            x: tensor (rows, ...): float32, ready for the network, or integers still to be standardized.
            y: tensor (rows, outputs), float32.
            scaling: what is subtracted from integers, and what they are then divided by; scalars or a row.
            weights: of the rows in the loss, (rows,); None trains by the program that knows of none.
        """
        self.x, self.y = x, y
        self.weights = () if weights is None else (tf.constant(weights, tf.float32),)
        self._scaling = tuple(tf.constant(part, tf.float32) for part in scaling)

    def run(self, order: np.ndarray, check: Callable[[], None], measured: bool = True) -> EpochTotals:
        """Train one epoch over the rows in `order` (rows,); `check` may raise between slices.

        `measured=False` leaves update ratios and movement out, for epochs that nobody looks at.
        """
        size, rows = self._batch_size, len(order)
        full, rest = divmod(rows, size)
        before = [tf.identity(kernel) for kernel in self._trainer.kernels()] if measured else []
        nothing = (np.zeros(self._trainer.shape), np.zeros(self._trainer.shape, np.int32))
        sums, last, ratios = nothing, nothing, list[np.ndarray]()
        if full:
            tail = full - min(TAIL, full) if measured else full
            batches = order[: full * size].reshape(full, size).astype(np.int32)
            for first, count, numbers in self._chunks(batches):
                chunk = self.gathered(self.x, self.y, tf.constant(numbers), self.seeds(first), self.weights)
                plain = min(max(tail - first, 0), count)
                for start, stop in self._slices(plain, check):
                    sums = self._call(self.plain_steps, chunk, start, stop, sums)
                if plain < count:
                    *sums, steps = self._call(self.measured_steps, chunk, plain, count, sums)
                    ratios.append(steps[: count - plain])
        if rest:  # the last, smaller batch, as Keras trains it
            numbers = order[full * size :].astype(np.int32)[None]
            chunk = self.gathered(self.x, self.y, tf.constant(numbers), self.seeds(full), self.weights)
            *last, steps = self._call(self.measured_steps, chunk, 0, 1, last)
            ratios.append(steps[:1])
        check()
        return EpochTotals(
            loss=(sums[0] * size + last[0] * rest) / rows,
            accuracy=(sums[1] + last[1]) / rows,
            update_ratio=np.median(np.concatenate(ratios)[-TAIL:].astype(np.float64), axis=0) if measured else _NOTHING,
            movement=self._moved(before).numpy() if measured else _NOTHING,
        )

    def seeds(self, first: int) -> list[Any]:
        """Of the masks of a chunk that begins with step `first`; chunks are the same however the epoch is sliced."""
        return [tf.constant([int(layer.seed_generator.state[0]), first], tf.int64) for layer in self._dropouts]

    # -- traced --------------------------------------------------------------------------------------------------------

    def _gather(self, all_x: Any, all_y: Any, order: Any, seeds: Any, weights: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """The rows of (steps, batch) row numbers, step by step; a mask of each dropout, from its seed; weights."""
        masks = [
            tf.random.stateless_uniform(tf.concat([tf.shape(order), layer.input.shape[1:]], 0), seed) >= layer.rate
            for layer, seed in zip(self._dropouts, seeds, strict=True)
        ]
        return tf.gather(all_x, order), tf.gather(all_y, order), *masks, *(tf.gather(each, order) for each in weights)

    def _steps(self, chunk: tuple[Any, ...], scaling: Any, start: Any, stop: Any, sums: Any) -> tuple[Any, Any]:
        """Train on the batches start..stop of a chunk, (steps, batch, ...); losses and hits added to `sums`."""
        step, (total, right) = start, sums
        while step < stop:
            value, hit = self._trainer.step(tuple(part[step] for part in chunk), scaling)
            total, right, step = total + tf.cast(value, tf.float64), right + hit, step + 1
        return total, right

    def _measured_steps(
        self, chunk: tuple[Any, ...], scaling: Any, start: Any, stop: Any, sums: Any
    ) -> tuple[Any, Any, Any]:
        """As `_steps`, for at most TAIL batches, and each step's update ratios: (TAIL, kernels, *shape), then zeros."""
        ratios = tf.zeros((TAIL, len(self._trainer.kernels()), *self._trainer.shape), tf.float32)
        step, (total, right) = start, sums
        while step < stop:
            before = [tf.identity(kernel) for kernel in self._trainer.kernels()]
            value, hit = self._trainer.step(tuple(part[step] for part in chunk), scaling)
            total, right = total + tf.cast(value, tf.float64), right + hit
            ratios = tf.tensor_scatter_nd_update(ratios, [[step - start]], [self._trainer.update_ratios(before)])
            step = step + 1
        return total, right, ratios

    # -- how an epoch is cut -------------------------------------------------------------------------------------------

    def _call(self, compiled: Any, chunk: tuple[Any, ...], start: int, stop: int, sums: Any) -> Any:
        """Sums go in and out, so that where an epoch is cut changes no bit of them."""
        results = compiled(chunk, self._scaling, tf.constant(start), tf.constant(stop), tuple(map(tf.constant, sums)))
        return [result.numpy() for result in results]

    def _chunks(self, batches: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """(first step, steps, row numbers) of even parts of the epoch; all of one shape, as one program reads them."""
        row = self.x.dtype.size * math.prod(self.x.shape[1:])
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
            stop = min(steps, start + self.slice_steps)
            began = time.monotonic()
            yield start, stop
            elapsed = max(time.monotonic() - began, 1e-6)
            if stop - start == self.slice_steps:
                fitting = int(self.slice_steps * _SLICE_SECONDS / elapsed)
                self.slice_steps = max(1, min(fitting, self.slice_steps * 16, 1_000_000))
            start = stop
            check()
