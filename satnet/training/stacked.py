"""Networks of one topology trained side by side: the epoch program with a trial axis.

The first kernels lie as (inputs, trials, units), so that all trials share one wide product of the same rows; every
later tensor has the trials in front. The optimizer's step is Keras's own, given a learning rate for each trial.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.training.network import Network
from satnet.training.program import TAIL, EpochProgram, EpochSums, at_step, standardized
from satnet.training.regularizers import strengths


class _Each:
    """A number of the optimizer's that is another one for each trial; Keras compares it with 0 and casts it."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __ne__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]  # compared by no value

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self._tensor


@dataclass(frozen=True)
class _Part:
    """A variable of all trials, and where the trials lie in it."""

    variable: Any
    axis: int
    shape: tuple[int, ...]  # of one trial's

    def numbers(self, of_all: np.ndarray, trial: int) -> np.ndarray:
        return np.take(of_all, trial, axis=self.axis).reshape(self.shape)


class StackedProgram(EpochProgram):
    """Trains `trials` networks in place, epoch by epoch, on the same rows in the same order."""

    def __init__(self, network: Network, loss: Any, optimizer: Any, *, trials: int, batch_size: int) -> None:
        """As for EpochProgram; `network` is copied from and never trained, `optimizer` is a fresh one."""
        self.trials, self._source, self._optimizer = trials, network, optimizer
        self._batch_size, self._slice, self._dropouts = batch_size, 64, []
        self._loss = type(loss)(**{**loss.get_config(), "reduction": "none"})
        self._parts = self._stack(network.model)
        self._of = {id(one): part for one, part in zip(network.model.weights, self._parts, strict=True)}
        self._trained = [self._of[id(one)] for one in network.model.trainable_variables]
        measured = [tap.kernel for tap in network.taps if tap.kernel is not None]
        self._kernels = [(kernel.path, self._of[id(kernel)]) for kernel in measured]
        self._penalised = [(self._of[id(layer.kernel)], layer) for _, layer in network.weighted if strengths(layer)]
        optimizer.build([part.variable for part in self._trained])
        self.rates = tf.Variable(tf.zeros(trials), trainable=False)
        self.momenta = tf.Variable(tf.zeros(trials), trainable=False)
        self.penalties = tf.Variable(tf.zeros((len(self._penalised), 2, trials)), trainable=False)
        self._slots = [variable.numpy() for variable in optimizer.variables]
        self._momentum = getattr(optimizer, "momentum", 0) if isinstance(optimizer, keras.optimizers.SGD) else 0
        self._gathered = tf.function(self._gather, reduce_retracing=True)
        self._many = tf.function(self._steps, jit_compile=True)
        self._measured = tf.function(self._measured_steps, jit_compile=True)
        self._moved = tf.function(self._movement)

    def _stack(self, model: Any) -> list[_Part]:
        parts, first = [], True
        for number, one in enumerate(model.weights):
            shape, kernel = tuple(one.shape), len(one.shape) == 2
            axis = 1 if kernel and first else 0
            first = first and not kernel
            middle = (shape[0], self.trials, shape[1]) if axis else (self.trials, 1, *shape) if not kernel else None
            stacked = middle or (self.trials, *shape)
            variable = keras.Variable(np.zeros(stacked, np.float32), trainable=one.trainable, name=f"stacked{number}x")
            parts.append(_Part(variable, axis, shape))
        return parts

    def begin(self, weights: Sequence[Sequence[np.ndarray]], rates: Sequence[float], momenta: Sequence[float]) -> None:
        """Each trial's initial weights (in the order of `model.weights`), learning rate and momentum."""
        for number, part in enumerate(self._parts):
            values = [np.asarray(one[number]).reshape(_single(part)) for one in weights]
            part.variable.assign(np.stack(values, axis=part.axis))
        for variable, value in zip(self._optimizer.variables, self._slots, strict=True):
            variable.assign(value)
        self.rates.assign(np.asarray(rates, np.float32))
        self.momenta.assign(np.asarray(momenta, np.float32))

    def penalise(self, trial_strengths: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Each trial's (l1, l2) of every regularized kernel."""
        told = np.asarray(trial_strengths, np.float32)  # (trials, kernels, 2)
        if told.size:
            self.penalties.assign(told.transpose(1, 2, 0))

    def fetch(self) -> Callable[[int], list[np.ndarray]]:
        """A function of the trial that gives its weights as they are now, in the order of `model.weights`."""
        values = [part.variable.numpy() for part in self._parts]
        return lambda trial: [part.numbers(value, trial) for part, value in zip(self._parts, values, strict=True)]

    def optimizer_state(self, trial: int, rate: float) -> list[np.ndarray]:
        """The optimizer's variables as a program of this trial alone, with this learning rate, has them."""
        told: list[Any] = []
        plain = self._momentum and not self.momenta.numpy()[trial]  # alone it would have no momentum to keep
        for variable in self._optimizer.variables:
            name = variable.path.rpartition("/")[2]
            part = next((one for one in self._trained if one.variable.name in name), None)
            if name == "learning_rate":
                told.append(np.float32(rate))
            elif part is None:
                told.append(variable.numpy())
            elif not plain:
                told.append(part.numbers(variable.numpy(), trial))
        return told

    def _forward(self, x: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """Predictions (trials, rows, outputs), and new values of batch normalization's moving statistics."""
        moved: list[tuple[Any, Any]] = []
        wide = False
        for layer in self._source.model.layers:
            if isinstance(layer, keras.layers.Dense):
                kernel = self._of[id(layer.kernel)].variable.value
                if wide:
                    x = tf.matmul(x, kernel)
                else:
                    units = kernel.shape[-1]
                    x = tf.matmul(x, tf.reshape(kernel, (kernel.shape[0], self.trials * units)))
                    x = tf.transpose(tf.reshape(x, (-1, self.trials, units)), (1, 0, 2))
                    wide = True
                if layer.use_bias:
                    x = x + self._of[id(layer.bias)].variable.value
            elif isinstance(layer, keras.layers.BatchNormalization):
                x = self._normalize(layer, x, moved)
            elif not isinstance(layer, keras.layers.InputLayer):
                x = layer(x)
        return x, moved

    def _normalize(self, layer: Any, x: Any, moved: list[tuple[Any, Any]]) -> Any:
        """Batch normalization of each trial's own batch (Ioffe and Szegedy 2015), with Keras's moving averages."""
        mean = tf.reduce_mean(x, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(x), axis=1, keepdims=True) - tf.square(mean)
        for name, now in (("moving_mean", mean), ("moving_variance", variance)):
            kept = self._of[id(getattr(layer, name))].variable
            moved.append((kept, kept.value * layer.momentum + now * (1.0 - layer.momentum)))
        scale = tf.math.rsqrt(variance + layer.epsilon)
        if layer.scale:
            scale = scale * self._of[id(layer.gamma)].variable.value
        shift = -mean * scale
        if layer.center:
            shift = shift + self._of[id(layer.beta)].variable.value
        return x * scale + shift

    def _penalty(self) -> Any:
        """(trials,): what the regularizers add to each loss."""
        total = tf.zeros(self.trials)
        for number, (part, _) in enumerate(self._penalised):
            axes = [axis for axis in range(3) if axis != part.axis]
            kernel = part.variable.value
            total += self.penalties[number, 0] * tf.reduce_sum(tf.abs(kernel), axis=axes)
            total += self.penalties[number, 1] * tf.reduce_sum(tf.square(kernel), axis=axes)
        return total

    def _step(self, rows: tuple[Any, ...], scaling: Any) -> tuple[Any, Any]:
        x, y = rows
        variables = [part.variable.value for part in self._trained]
        with tf.GradientTape() as tape:
            tape.watch(variables)
            prediction, moved = self._forward(standardized(x, scaling))
            labels = tf.broadcast_to(y, (self.trials, *y.shape))
            value = tf.reduce_mean(self._loss(labels, prediction), axis=-1) + self._penalty()
            total = tf.reduce_sum(value)  # a trial's loss depends on its own weights alone
        gradients = tape.gradient(total, [part.variable.value for part in self._trained])
        for part, gradient in zip(self._trained, gradients, strict=True):
            self._update(part, gradient)
        self._optimizer.iterations.assign_add(1)
        for kept, now in moved:
            kept.assign(now)
        return value, _hits(y, prediction)

    def _update(self, part: _Part, gradient: Any) -> None:
        shape = [self.trials if axis == part.axis else 1 for axis in range(3)]
        if self._momentum:
            self._optimizer.momentum = _Each(tf.reshape(self.momenta, shape))
        self._optimizer.update_step(gradient, part.variable, tf.reshape(self.rates, shape))
        if self._momentum:
            self._optimizer.momentum = self._momentum

    def _norms(self, part: _Part, tensor: Any) -> Any:
        """(trials,) Frobenius norms."""
        return tf.sqrt(tf.reduce_sum(tf.square(tensor), axis=[axis for axis in range(3) if axis != part.axis]))

    def _measured_steps(
        self, chunk: tuple[Any, ...], scaling: Any, start: Any, stop: Any, sums: Any
    ) -> tuple[Any, Any, Any]:
        """As EpochProgram's, with ratios of (TAIL, kernels, trials)."""
        ratios = tf.zeros((TAIL, len(self._kernels), self.trials), tf.float32)
        step, (total, right) = start, sums
        while step < stop:
            before = [tf.identity(part.variable.value) for _, part in self._kernels]
            value, hit = self._step(at_step(chunk, step), scaling)
            total, right = total + tf.cast(value, tf.float64), right + hit
            row = tf.stack(
                [
                    tf.math.divide_no_nan(self._norms(part, part.variable.value - old), self._norms(part, old))
                    for (_, part), old in zip(self._kernels, before, strict=True)
                ]
            )
            ratios = tf.tensor_scatter_nd_update(ratios, [[step - start]], [row])
            step = step + 1
        return total, right, ratios

    def _movement(self, before: list[Any]) -> Any:
        """||W - W_before|| / ||W_before||, (kernels, trials); NaN where W_before is all zeros."""
        moved = []
        for (_, part), old in zip(self._kernels, before, strict=True):
            start, end = tf.cast(old, tf.float64), tf.cast(part.variable.value, tf.float64)
            moved.append(self._norms(part, end - start) / self._norms(part, start))
        return tf.stack(moved)

    def epoch(self, order: np.ndarray, check: Callable[[], None]) -> list[EpochSums]:
        """Train one epoch over the rows in `order` (rows,); what it leaves of each trial."""
        size, rows = self._batch_size, len(order)
        full, rest = divmod(rows, size)
        before = [tf.identity(part.variable.value) for _, part in self._kernels]
        nothing = (np.zeros(self.trials), np.zeros(self.trials, np.int32))
        sums, last, ratios = nothing, nothing, list[np.ndarray]()
        if full:
            tail = full - min(TAIL, full)
            batches = order[: full * size].reshape(full, size).astype(np.int32)
            for first, count, chunk in self._chunks(batches):
                ready = self._gathered(self._x, self._y, tf.constant(chunk), [])
                plain = min(max(tail - first, 0), count)
                for start, stop in self._slices(plain, check):
                    sums = self._call(self._many, ready, start, stop, sums)
                if plain < count:
                    *sums, found = self._call(self._measured, ready, plain, count, sums)
                    ratios.append(found[: count - plain])
        if rest:
            numbers = order[full * size :].astype(np.int32)[None]
            *last, found = self._call(
                self._measured, self._gathered(self._x, self._y, tf.constant(numbers), []), 0, 1, last
            )
            ratios.append(found[:1])
        check()
        median = np.median(np.concatenate(ratios)[-TAIL:].astype(np.float64), axis=0)  # (kernels, trials)
        moved = self._moved(before).numpy()
        names = [name for name, _ in self._kernels]
        return [
            EpochSums(
                loss=float(sums[0][trial] * size + last[0][trial] * rest) / rows,
                accuracy=int(sums[1][trial] + last[1][trial]) / rows,
                update_ratio=dict(zip(names, median[:, trial].tolist(), strict=True)),
                movement=dict(zip(names, moved[:, trial].tolist(), strict=True)),
            )
            for trial in range(self.trials)
        ]


def _single(part: _Part) -> tuple[int, ...]:
    """A vector lies as one row, so that it spreads over the batch."""
    return part.shape if len(part.shape) == 2 else (1, *part.shape)


def _hits(y: Any, prediction: Any) -> Any:
    """(trials,): how many rows are right, as EpochProgram counts them."""
    if prediction.shape[-1] == 1:
        right = tf.reduce_all((prediction > 0.5) == (y > 0.5), axis=-1)
    else:
        right = tf.argmax(prediction, axis=-1) == tf.argmax(y, axis=-1)
    return tf.reduce_sum(tf.cast(right, tf.int32), axis=-1)
