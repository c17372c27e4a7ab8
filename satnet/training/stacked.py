"""The epoch program of stacked networks: one step trains all trials on the same batch.

The optimizer's step is Keras's own, given a learning rate for each trial.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.training.epoch_loop import EpochLoop
from satnet.training.evaluation import answers, hits
from satnet.training.network import Network
from satnet.training.program import EpochSums
from satnet.training.stacked_network import StackedNetwork, StackedVariable
from satnet.training.standardization import standardized


class StackedProgram:
    """Trains `trials` networks, epoch by epoch, on the same rows in the same order."""

    def __init__(
        self, network: Network, loss: Any, optimizer: Any, *, trials: int, batch_size: int, multi_label: bool = False
    ) -> None:
        """`network` is copied from and never trained; `loss` and `optimizer` are Keras's own, the latter fresh."""
        self.trials, self._multi_label = trials, multi_label
        self._networks = StackedNetwork(network, trials)
        self._trainer = _StackedTrainer(self._networks, loss, optimizer, multi_label)
        self._loop = EpochLoop(self._trainer, batch_size=batch_size, xla=True)

    def load(self, x: Any, y: Any, scaling: tuple[Any, Any] = (0.0, 1.0), weights: Any = None) -> None:
        """Train on these rows, as for EpochLoop.load."""
        self._loop.load(x, y, scaling, weights)

    def begin(
        self,
        weights: Sequence[Sequence[np.ndarray]],
        rates: Sequence[float],
        momenta: Sequence[float],
        strengths: Sequence[Sequence[tuple[float, float]]],
    ) -> None:
        """Start anew.

        Args:
            weights: each trial's, in the order of `model.weights`.
            rates: each trial's learning rate.
            momenta: each trial's; without effect where the optimizer has none.
            strengths: each trial's (l1, l2) of every regularized kernel.
        """
        self._networks.assign(weights)
        self._networks.penalise(strengths)
        self._trainer.reset()
        self._trainer.momenta.assign(np.asarray(momenta, np.float32))
        self.use_rates(rates)

    def use_rates(self, rates: Sequence[float]) -> None:
        """Each trial's learning rate from here on."""
        self._trainer.rates.assign(np.asarray(rates, np.float32))

    def fetch(self) -> Callable[[int], list[np.ndarray]]:
        """A function of the trial that gives its weights as they are now, in the order of `model.weights`."""
        return self._networks.fetch()

    def optimizer_state(self, trial: int, rate: float) -> list[np.ndarray]:
        """The optimizer's variables as a program of this trial alone, with this learning rate, has them."""
        return self._trainer.state_of(trial, rate)

    def run(self, order: np.ndarray, check: Callable[[], None]) -> list[EpochSums]:
        """Train one epoch, as EpochLoop.run does; what it leaves of each trial."""
        totals = self._loop.run(order, check)
        names = list(self._networks.kernels)
        return [
            EpochSums(
                loss=float(totals.loss[trial]),
                accuracy=float(totals.accuracy[trial]) / answers(self._loop.y, self._multi_label),
                update_ratio=dict(zip(names, totals.update_ratio[:, trial].tolist(), strict=True)),
                movement=dict(zip(names, totals.movement[:, trial].tolist(), strict=True)),
            )
            for trial in range(self.trials)
        ]


class _StackedTrainer:
    """A BatchTrainer of all trials."""

    def __init__(self, networks: StackedNetwork, loss: Any, optimizer: Any, multi_label: bool) -> None:
        self._networks, self._optimizer, self._multi_label = networks, optimizer, multi_label
        self._loss = type(loss)(**{**loss.get_config(), "reduction": "none"})
        self.shape = (networks.trials,)
        optimizer.build([stacked.variable for stacked in networks.trained])
        self._initial = [variable.numpy() for variable in optimizer.variables]
        self._momentum = getattr(optimizer, "momentum", 0) if isinstance(optimizer, keras.optimizers.SGD) else 0
        self.rates = tf.Variable(tf.zeros(networks.trials), trainable=False)
        self.momenta = tf.Variable(tf.zeros(networks.trials), trainable=False)

    def reset(self) -> None:
        """Give the optimizer the state that it had before the first step."""
        for variable, value in zip(self._optimizer.variables, self._initial, strict=True):
            variable.assign(value)

    def state_of(self, trial: int, rate: float) -> list[np.ndarray]:
        """As StackedProgram.optimizer_state."""
        state: list[Any] = []
        plain = self._momentum and not self.momenta.numpy()[trial]  # alone it would have no momentum to keep
        for variable in self._optimizer.variables:
            name = variable.path.rpartition("/")[2]
            stacked = next((each for each in self._networks.trained if each.variable.name in name), None)
            if name == "learning_rate":
                state.append(np.float32(rate))
            elif stacked is None:
                state.append(variable.numpy())
            elif not plain:
                state.append(stacked.take(variable.numpy(), trial))
        return state

    def kernels(self) -> list[Any]:
        return [stacked.value for stacked in self._networks.kernels.values()]

    def step(self, batch: tuple[Any, ...], scaling: Any) -> tuple[Any, Any]:
        x, y, *weights = batch
        trained = self._networks.trained
        variables = [stacked.value for stacked in trained]
        with tf.GradientTape() as tape:
            tape.watch(variables)
            prediction, moved = self._networks.forward(standardized(x, scaling))
            labels = tf.broadcast_to(y, (self._networks.trials, *y.shape))
            losses = self._loss(labels, prediction, *weights)  # (trials, rows)
            value = tf.reduce_mean(losses, axis=-1) + self._networks.penalty()
            total = tf.reduce_sum(value)  # a trial's loss depends on its own weights alone
        gradients = tape.gradient(total, [stacked.value for stacked in trained])
        for stacked, gradient in zip(trained, gradients, strict=True):
            self._update(stacked, gradient)
        self._optimizer.iterations.assign_add(1)
        for average, now in moved:
            average.assign(now)
        return value, hits(y, prediction, self._multi_label)

    def _update(self, stacked: StackedVariable, gradient: Any) -> None:
        shape = [self._networks.trials if axis == stacked.axis else 1 for axis in range(3)]
        if self._momentum:
            self._optimizer.momentum = _PerTrial(tf.reshape(self.momenta, shape))
        self._optimizer.update_step(gradient, stacked.variable, tf.reshape(self.rates, shape))
        if self._momentum:
            self._optimizer.momentum = self._momentum

    def update_ratios(self, before: list[Any]) -> Any:
        return tf.stack(
            [
                tf.math.divide_no_nan(_norms(stacked, stacked.value - old), _norms(stacked, old))
                for stacked, old in zip(self._networks.kernels.values(), before, strict=True)
            ]
        )

    def movement(self, before: list[Any]) -> Any:
        moved = []
        for stacked, old in zip(self._networks.kernels.values(), before, strict=True):
            start, end = tf.cast(old, tf.float64), tf.cast(stacked.value, tf.float64)
            moved.append(_norms(stacked, end - start) / _norms(stacked, start))
        return tf.stack(moved)


class _PerTrial:
    """A number of the optimizer's that differs from trial to trial; Keras compares it with 0 and casts it."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __ne__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]  # compared by no value

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self._tensor


def _norms(stacked: StackedVariable, tensor: Any) -> Any:
    """(trials,) Frobenius norms."""
    return tf.sqrt(tf.reduce_sum(tf.square(tensor), axis=stacked.other_axes))
