"""One compiled pass over the probe set: all z, all a, all gradients; only reduced numbers come out."""

from typing import Any

import numpy as np
import tensorflow as tf

from satnet.records.schema import LayerRecord, NetworkRecord, Units
from satnet.saturation.network import chance_loss, network_record
from satnet.saturation.reduced import record_from_reduced
from satnet.saturation.regions import prescribed_std, region
from satnet.saturation.unit_arrays import unit_arrays
from satnet.spec.activation_traits import traits
from satnet.training.covariance import effective_dimension
from satnet.training.network import Network, Tap
from satnet.training.packing import Packing
from satnet.training.reductions import piece_share, reduce_kernel, reduce_layer, reduce_network


class Probe:
    """Measures a network on the same rows, epoch after epoch."""

    def __init__(
        self,
        network: Network,
        loss_name: str,
        loss: Any,
        x: Any,
        y: Any,
        epsilon: float,
        multi_label: bool = False,
    ) -> None:
        """`x` (rows, ...) and `y` (rows, outputs): the standardized probe rows and their encoded labels."""
        self._network, self._loss_name, self._loss, self._multi_label = network, loss_name, loss, multi_label
        self._row_loss = type(loss)(**{**loss.get_config(), "reduction": "none"})
        self._regions = [
            region(tap.activation, tap.parameters, epsilon) if traits(tap.activation).elementwise else None
            for tap in network.taps
        ]
        self._packing = Packing()
        self._pass = tf.function(self._measure)
        self.load(x, y)

    def load(self, x: Any, y: Any) -> None:
        """Measure on other rows, from epoch 0 on."""
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._alive: dict[str, Any] = {}  # layer -> which units were alive at epoch 0
        self._input = (float(np.mean(x, dtype=np.float64)), float(np.std(x, dtype=np.float64)))
        self.units: Units = {}

    @property
    def alive(self) -> list[np.ndarray]:
        """Which units of each hidden layer were alive at epoch 0; empty before it."""
        return list(self._alive.values())

    @alive.setter
    def alive(self, masks: list[np.ndarray]) -> None:
        names = [tap.name for tap in self._network.hidden]
        self._alive = dict(zip(names, masks, strict=True)) if masks else {}

    def _measure(self, x: Any, y: Any) -> tuple[Any, list[Any]]:
        """All numbers as one vector, and the covariances as they are: LAPACK is faster than TensorFlow's eigenvalues.

        Runs while the pass is traced.
        """
        taps = self._network.taps
        kernels = [tap.kernel for tap in taps]
        with tf.GradientTape() as tape:
            outputs = self._network.probe(x, training=False)
            prediction = tf.cast(outputs[2 * len(taps)], tf.float32)
            total = tf.reduce_sum(self._row_loss(y, prediction))
        z, a = outputs[: len(taps)], outputs[len(taps) : 2 * len(taps)]
        trained = [kernel.value for kernel in kernels if kernel is not None]
        gradients = tape.gradient(total, list(z) + trained, unconnected_gradients="zero")
        delta, by_kernel = gradients[: len(taps)], iter(gradients[len(taps) :])
        by_piece = iter(outputs[2 * len(taps) + 1 :])
        rows = tf.cast(tf.shape(x)[0], tf.float64)
        layers = []
        for index, tap in enumerate(taps[:-1]):
            reduced = reduce_layer(tap, self._regions[index], z[index], a[index], delta[index])
            if tap.kernel is not None:
                reduced |= reduce_kernel(tap.kernel.value, next(by_kernel), rows)
            if tap.pieces is not None:
                reduced["piece_share"] = piece_share(next(by_piece))
            layers.append(reduced)
        covariances = [layer.pop("covariance") for layer in layers]
        return self._packing.pack(layers, reduce_network(self._loss, y, prediction, self._multi_label)), covariances

    def measure(
        self,
        update_ratio: dict[str, float],
        movement: dict[str, float],
        *,
        fresh: bool,
        classes: int | None,
        variance: float | None,
    ) -> tuple[list[LayerRecord], NetworkRecord, dict[str, float]]:
        """The `layers` and `network` objects of an epoch's record, and the probe's loss, accuracy and input.

        Afterwards `units` holds each layer's per-unit arrays.

        `fresh` (epoch 0): the moving statistics of batch normalization say nothing yet, so the probe
        set's own are used, and put back afterwards.
        """
        kept = self._borrow_statistics() if fresh else []
        vector, covariances = self._pass(self._x, self._y)
        layers, numbers = self._packing.unpack(vector.numpy())
        for variable, value in kept:
            variable.assign(value)
        records, gates = [], list[float | None]()
        for tap, tensors, matrix in zip(self._network.hidden, layers, covariances, strict=True):
            gate = float(tensors.pop("gate_rms"))
            gates.append(gate if np.isfinite(gate) else None)
            reduced: dict[str, Any] = tensors | _of_training(tap, update_ratio, movement)
            reduced["effective_dimension"] = effective_dimension(matrix.numpy())
            if fresh or tap.name not in self._alive:
                self._alive[tap.name] = reduced["active"] > 0
            reduced["alive_at_start"] = self._alive[tap.name]
            self.units[tap.name] = unit_arrays(reduced, tap.activation, tap.parameters)
            units = int(tap.z.shape[-1])
            about: dict[str, Any] = {"activation": tap.activation, "parameters": tap.parameters, "units": units}
            records.append(record_from_reduced(reduced, name=tap.name, **about))
        values = {key: float(value) for key, value in numbers.items()}
        values["input_mean"], values["input_std"] = self._input
        return records, self._network_record(records, gates, values, classes, variance), values

    def _network_record(
        self,
        records: list[LayerRecord],
        gates: list[float | None],
        values: dict[str, float],
        classes: int | None,
        variance: float | None,
    ) -> NetworkRecord:
        output = self._network.output.activation
        probability = traits(output).matching_loss is not None
        entropy = probability and self._loss_name.endswith("crossentropy")
        squared = probability and self._loss_name == "mean_squared_error"
        return network_record(
            records,
            gates,
            values["loss"],
            chance_loss(self._loss_name, output, classes, variance),
            values["confident_wrong"] if entropy else None,
            values["saturated_wrong"] if squared else None,
        )

    def _borrow_statistics(self) -> list[tuple[Any, Any]]:
        """Set each batch normalization's moving statistics to the probe set's; what they were before."""
        norms = self._network.batch_normalizations()
        if not norms:
            return []
        kept = [(v, v.numpy()) for layer in norms for v in (layer.moving_mean, layer.moving_variance)]
        momenta = [layer.momentum for layer in norms]
        for layer in norms:
            layer.momentum = 0.0
        with self._network.without_noise():
            self._network.model(self._x, training=True)
        for layer, momentum in zip(norms, momenta, strict=True):
            layer.momentum = momentum
        return kept


def _of_training(tap: Tap, update_ratio: dict[str, float], movement: dict[str, float]) -> dict[str, float]:
    """What the probe's rows do not tell of a layer; NaN where there is nothing to tell."""
    path = tap.kernel.path if tap.kernel is not None else ""
    return {
        "update_ratio": update_ratio.get(path, np.nan),
        "movement": movement.get(path, np.nan),
        "weight_std_target": _target_std(tap),
    }


def _target_std(tap: Tap) -> float:
    if tap.kernel is None:
        return float("nan")
    shape = tap.kernel.shape
    field = int(np.prod(shape[:-2])) if len(shape) > 2 else 1
    target = prescribed_std(tap.activation, shape[-2] * field, shape[-1] * field)
    return float("nan") if target is None else float(target)
