"""Networks of one topology as one network with a trial axis.

The first kernels lie as (inputs, trials, units), so that all trials share one wide product of the same rows; every
later tensor has the trials in front.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.training.network import Network
from satnet.training.regularizers import strengths


@dataclass(frozen=True)
class StackedVariable:
    """A variable of all trials, and where the trials lie in it."""

    variable: Any
    axis: int
    shape: tuple[int, ...]  # of one trial's

    @property
    def value(self) -> Any:
        """All trials' numbers, as a tensor."""
        return self.variable.value

    @property
    def other_axes(self) -> list[int]:
        """All axes but that of the trials; every stacked variable has three."""
        return [axis for axis in range(3) if axis != self.axis]

    def stack(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """One array of each trial's; a vector lies as one row, so that it spreads over the batch."""
        single = self.shape if len(self.shape) == 2 else (1, *self.shape)
        return np.stack([np.asarray(value).reshape(single) for value in values], axis=self.axis)

    def take(self, stacked: np.ndarray, trial: int) -> np.ndarray:
        """One trial's part of such an array."""
        return np.take(stacked, trial, axis=self.axis).reshape(self.shape)


class StackedNetwork:
    """The variables of all trials, and the forward pass through them."""

    def __init__(self, network: Network, trials: int) -> None:
        """`network` is copied from and never trained."""
        self.trials, self._source = trials, network
        weights = network.model.weights
        self.variables = _stacked(weights, trials)
        self._of = {id(weight): stacked for weight, stacked in zip(weights, self.variables, strict=True)}
        self.trained = [self._of[id(weight)] for weight in network.model.trainable_variables]
        measured = [tap.kernel for tap in network.taps if tap.kernel is not None]
        self.kernels = {kernel.path: self._of[id(kernel)] for kernel in measured}
        self._penalised = [self._of[id(layer.kernel)] for _, layer in network.weighted if strengths(layer)]
        self._penalties = tf.Variable(tf.zeros((len(self._penalised), 2, trials)), trainable=False)

    def assign(self, weights: Sequence[Sequence[np.ndarray]]) -> None:
        """Each trial's weights, in the order of `model.weights`."""
        for number, stacked in enumerate(self.variables):
            stacked.variable.assign(stacked.stack([trial[number] for trial in weights]))

    def penalise(self, trial_strengths: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Each trial's (l1, l2) of every regularized kernel."""
        values = np.asarray(trial_strengths, np.float32)  # (trials, kernels, 2)
        if values.size:
            self._penalties.assign(values.transpose(1, 2, 0))

    def fetch(self) -> Callable[[int], list[np.ndarray]]:
        """A function of the trial that gives its weights as they are now, in the order of `model.weights`."""
        values = [stacked.variable.numpy() for stacked in self.variables]
        return lambda trial: [stacked.take(value, trial) for stacked, value in zip(self.variables, values, strict=True)]

    # -- traced --------------------------------------------------------------------------------------------------------

    def forward(self, x: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """Predictions (trials, rows, outputs), and new values of batch normalization's moving statistics."""
        moved: list[tuple[Any, Any]] = []
        wide = False
        for layer in self._source.model.layers:
            if isinstance(layer, keras.layers.Dense):
                kernel = self._of[id(layer.kernel)].value
                if wide:
                    x = tf.matmul(x, kernel)
                else:
                    units = kernel.shape[-1]
                    x = tf.matmul(x, tf.reshape(kernel, (kernel.shape[0], self.trials * units)))
                    x = tf.transpose(tf.reshape(x, (-1, self.trials, units)), (1, 0, 2))
                    wide = True
                if layer.use_bias:
                    x = x + self._of[id(layer.bias)].value
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
            average = self._of[id(getattr(layer, name))].variable
            moved.append((average, average.value * layer.momentum + now * (1.0 - layer.momentum)))
        scale = tf.math.rsqrt(variance + layer.epsilon)
        if layer.scale:
            scale = scale * self._of[id(layer.gamma)].value
        shift = -mean * scale
        if layer.center:
            shift = shift + self._of[id(layer.beta)].value
        return x * scale + shift

    def penalty(self) -> Any:
        """(trials,): what the regularizers add to each loss."""
        total = tf.zeros(self.trials)
        for number, stacked in enumerate(self._penalised):
            total += self._penalties[number, 0] * tf.reduce_sum(tf.abs(stacked.value), axis=stacked.other_axes)
            total += self._penalties[number, 1] * tf.reduce_sum(tf.square(stacked.value), axis=stacked.other_axes)
        return total


def _stacked(weights: Sequence[Any], trials: int) -> list[StackedVariable]:
    variables, first = [], True
    for number, weight in enumerate(weights):
        shape, kernel = tuple(weight.shape), len(weight.shape) == 2
        axis = 1 if kernel and first else 0
        first = first and not kernel
        if axis:
            lying: tuple[int, ...] = (shape[0], trials, shape[1])
        else:
            lying = (trials, *shape) if kernel else (trials, 1, *shape)
        zeros = np.zeros(lying, np.float32)
        variable = keras.Variable(zeros, trainable=weight.trainable, name=f"stacked{number}x")
        variables.append(StackedVariable(variable, axis, shape))
    return variables
