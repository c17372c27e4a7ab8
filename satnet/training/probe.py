"""One compiled pass over the probe set: all z, all a, all gradients; only reduced numbers come out."""

import functools
import math
from typing import Any

import numpy as np
import tensorflow as tf
from threadpoolctl import ThreadpoolController

from satnet.saturation.activations import RELU_FAMILY, RESTS_OFF_ZERO, output_range
from satnet.saturation.network import chance_loss, network_record
from satnet.saturation.reduced import record_from_reduced, unit_arrays
from satnet.saturation.regions import prescribed_std, region
from satnet.training.network import Network, Tap, build_activation
from satnet.training.sums import column_sums, counts, products, square_sum

PERCENTILES = (2, 15, 50, 85, 98)
_MOST_SORTED = 2**13  # entries whose percentiles are exact; those of more are read from a histogram
_BINS, _REACH = 4096, 7.1  # of that histogram, and how many standard deviations it goes to either side
_WIDEST = 1024  # units whose covariance is diagonalised; wider layers report null
_NEVER_NEGATIVE = ("sigmoid", "hard_sigmoid", "relu", "relu6", "softplus", "exponential")
_SATURATED_PROBABILITY = 0.05  # in units of the sigmoid's largest slope: METRICS' default epsilon


class _Named:
    def __init__(self, tap: Tap) -> None:
        self.name, self.parameters = tap.activation, tap.parameters


class Probe:
    """Measures a network on the same rows, epoch after epoch."""

    def __init__(self, network: Network, loss_name: str, loss: Any, x: Any, y: Any, epsilon: float) -> None:
        """`x` (rows, ...) and `y` (rows, outputs): the standardized probe rows and their encoded labels."""
        self._network, self._loss_name, self._loss = network, loss_name, loss
        self._epsilon = epsilon
        self._row_loss = type(loss)(**{**loss.get_config(), "reduction": "none"})
        self._regions = [
            None if tap.activation in ("maxout", "softmax") else region(tap.activation, tap.parameters, epsilon)
            for tap in network.taps
        ]
        self._packing = packing = _Packing()
        self._pass = tf.function(lambda rows, labels: _packed(packing, *self._measure(rows, labels)))
        self.load(x, y)

    def load(self, x: Any, y: Any) -> None:
        """Measure on other rows, from epoch 0 on."""
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._alive: dict[str, Any] = {}  # layer -> which units were alive at epoch 0
        self._input = (float(np.mean(x, dtype=np.float64)), float(np.std(x, dtype=np.float64)))
        self.units: dict[str, dict[str, Any]] = {}

    @property
    def alive(self) -> list[np.ndarray]:
        """Which units of each hidden layer were alive at epoch 0; empty before it."""
        return list(self._alive.values())

    @alive.setter
    def alive(self, masks: list[np.ndarray]) -> None:
        names = [tap.name for tap in self._network.hidden]
        self._alive = dict(zip(names, masks, strict=True)) if masks else {}

    def _measure(self, x: Any, y: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        taps = self._network.taps
        kernels = [tap.kernel for tap in taps]
        with tf.GradientTape() as tape:
            outputs = self._network.probe(x, training=False)
            prediction = tf.cast(outputs[2 * len(taps)], tf.float32)
            total = tf.reduce_sum(self._row_loss(y, prediction))
        z, a = outputs[: len(taps)], outputs[len(taps) : 2 * len(taps)]
        wanted = [kernel.value for kernel in kernels if kernel is not None]
        gradients = tape.gradient(total, list(z) + wanted, unconnected_gradients="zero")
        delta, by_kernel = gradients[: len(taps)], iter(gradients[len(taps) :])
        by_piece = iter(outputs[2 * len(taps) + 1 :])
        rows = tf.cast(tf.shape(x)[0], tf.float64)
        layers = []
        for index, tap in enumerate(taps[:-1]):
            reduced = self._reduce(index, z[index], a[index], delta[index])
            if tap.kernel is not None:
                reduced["gradient_rms"] = _rms(tf.cast(next(by_kernel), tf.float64)) / rows
                reduced |= _weights(tap.kernel.value)
            if tap.pieces is not None:
                reduced["piece_share"] = _piece_share(next(by_piece))
            layers.append(reduced)
        return layers, self._network_numbers(y, prediction)

    def _reduce(self, index: int, z32: Any, a32: Any, delta32: Any) -> dict[str, Any]:
        """The layer's numbers, and its covariance, (units, units), under a name of its own.

        The entries are counted as they are; every sum is in float64. Each pass over all entries takes time: a number
        that follows from others is not added up again.
        """
        tap, bounds = self._network.taps[index], self._regions[index]
        units, never_negative = z32.shape[-1], tap.activation in _NEVER_NEGATIVE
        z32, a32, delta32 = (tf.reshape(one, (-1, units)) for one in (z32, a32, delta32))  # (rows x positions, units)
        low = high = active = tf.zeros(units, tf.float64)
        if bounds is not None and bounds.low is not None:
            low = _share(z32 <= _rounded(bounds.low, z32.dtype, -np.inf))
        if bounds is not None and bounds.high is not None:
            high = _share(z32 >= _rounded(bounds.high, z32.dtype, np.inf))
        if tap.activation in RELU_FAMILY:
            active = _share(z32 > 0)
        z_mean, z_std = _spread(z32)
        mean = _mean(a32)
        a_mean = tf.reduce_mean(mean)
        centred = _centred(a32, mean)
        mean_abs = mean if never_negative else _mean(tf.abs(a32))
        covariance, variances = _covariance(centred)
        gate, gate_rms = self._gates(tap, bounds, z32, active)
        numbers = {
            "low": low,
            "high": high,
            "active": active,
            "gate": gate,
            "gate_rms": gate_rms,
            "mean_abs": mean_abs,
            "mean": mean,
            "z_mean": z_mean,
            "z_std": z_std,
            "a_mean": a_mean,
            "a_std": tf.sqrt(tf.reduce_mean(variances + tf.square(mean - a_mean))),
            "phi_b": _phi_b(tap.activation, a32, mean_abs),
            "delta_rms": tf.sqrt(square_sum(delta32) / _entries(delta32)),
            "zero_gradient_fraction": tf.reduce_mean(_share(delta32 == 0)),
            "non_finite": _non_finite(z32, z_std) + _non_finite(a32, mean),
            "covariance": covariance,
        }
        if tap.activation in RESTS_OFF_ZERO:
            numbers["mean_abs_centred"] = _mean(tf.abs(centred))
        return numbers | _percentiles(z32, z_mean, z_std)

    def _gates(self, tap: Tap, bounds: Any, z32: Any, active: Any) -> tuple[Any, Any]:
        """Per unit mean |f'(z)| / S, and the RMS of f'(z), unnormalised."""
        if bounds is None:
            return tf.fill([z32.shape[-1]], tf.constant(np.nan, tf.float64)), tf.constant(np.nan, tf.float64)
        if tap.activation == "relu" and not tap.parameters:  # its slope is 1 where it is active, else 0
            return active, tf.sqrt(tf.reduce_mean(active))
        z = tf.cast(z32, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = build_activation(_Named(tap))(z)
        slope = tape.gradient(value, z, unconnected_gradients="zero")
        return tf.reduce_mean(tf.abs(slope), axis=0) / bounds.slope, _rms(slope)

    def _network_numbers(self, y: Any, prediction: Any) -> dict[str, Any]:
        p, y = tf.cast(prediction, tf.float64), tf.cast(y, tf.float64)
        loss = tf.cast(self._loss(tf.cast(y, prediction.dtype), prediction), tf.float64)
        if p.shape[-1] == 1:
            surest, wrong = tf.maximum(p, 1 - p)[:, 0], ((p > 0.5) != (y > 0.5))[:, 0]
        else:
            surest = tf.reduce_max(p, axis=-1)
            wrong = tf.argmax(p, axis=-1) != tf.argmax(y, axis=-1)
        edge = region("sigmoid", {}, _SATURATED_PROBABILITY).high
        top = 1.0 / (1.0 + np.exp(-float(edge or 0.0)))
        astray = ((p >= top) & (y < 0.5)) | ((p <= 1 - top) & (y >= 0.5))
        return {
            "loss": loss,
            "right": tf.reduce_mean(tf.cast(~wrong, tf.float64)),
            "confident_wrong": tf.reduce_mean(tf.cast((surest >= 0.99) & wrong, tf.float64)),
            "saturated_wrong": tf.reduce_mean(tf.cast(astray, tf.float64)),
        }

    def measure(
        self,
        update_ratio: dict[str, float],
        movement: dict[str, float],
        *,
        fresh: bool,
        classes: int | None,
        variance: float | None,
    ) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, float]]:
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
        records = []
        gates: list[float | None] = []
        for tap, tensors, covariance in zip(self._network.hidden, layers, covariances, strict=True):
            reduced: dict[str, Any] = dict(tensors)
            reduced["effective_dimension"] = _effective_dimension(covariance.numpy())
            gate = float(reduced.pop("gate_rms"))
            gates.append(gate if np.isfinite(gate) else None)
            path = tap.kernel.path if tap.kernel is not None else ""
            reduced["update_ratio"] = update_ratio.get(path, np.nan)
            reduced["movement"] = movement.get(path, np.nan)
            reduced["weight_std_target"] = _target_std(tap)
            if fresh or tap.name not in self._alive:
                self._alive[tap.name] = reduced["active"] > 0
            reduced["alive_at_start"] = self._alive[tap.name]
            self.units[tap.name] = unit_arrays(reduced, tap.activation, tap.parameters)
            records.append(
                {"name": tap.name}
                | record_from_reduced(
                    reduced,
                    activation=tap.activation,
                    parameters=tap.parameters,
                    units=int(tap.z.shape[-1]),
                )
            )
        values = {key: float(value) for key, value in numbers.items()}
        values["input_mean"], values["input_std"] = self._input
        return records, self._network_record(records, gates, values, classes, variance), values

    def _network_record(
        self,
        records: list[dict[str, Any]],
        gates: list[float | None],
        values: dict[str, float],
        classes: int | None,
        variance: float | None,
    ) -> dict[str, Any]:
        output = self._network.output.activation
        probability = output in ("sigmoid", "softmax")
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
        norms, drops = self._network.batch_normalizations(), self._network.dropouts()
        if not norms:
            return []
        kept = [(v, v.numpy()) for layer in norms for v in (layer.moving_mean, layer.moving_variance)]
        momenta, rates = [layer.momentum for layer in norms], [layer.rate for layer in drops]
        for layer in norms:
            layer.momentum = 0.0
        for layer in drops:
            layer.rate = 0.0
        self._network.model(self._x, training=True)
        for layer, momentum in zip(norms, momenta, strict=True):
            layer.momentum = momentum
        for layer, rate in zip(drops, rates, strict=True):
            layer.rate = rate
        return kept


def _target_std(tap: Tap) -> float:
    if tap.kernel is None:
        return float("nan")
    shape = tap.kernel.shape
    field = int(np.prod(shape[:-2])) if len(shape) > 2 else 1
    target = prescribed_std(tap.activation, shape[-2] * field, shape[-1] * field)
    return float("nan") if target is None else float(target)


def _weights(kernel: Any) -> dict[str, Any]:
    """The kernel's standard deviation, and whether all units have identical incoming weights."""
    units = tf.reshape(kernel, (-1, kernel.shape[-1]))
    return {
        "weight_std": tf.math.reduce_std(tf.cast(kernel, tf.float64)),
        "identical": tf.reduce_all(units == units[:, :1]),
    }


def _piece_share(pieces: Any) -> Any:
    """(rows, units, pieces) -> share of rows that each piece wins, (units, pieces)."""
    winners = tf.one_hot(tf.argmax(pieces, axis=-1), pieces.shape[-1], dtype=tf.float64)
    return tf.reduce_mean(winners, axis=0)


def _share(condition: Any) -> Any:
    """Of each unit's entries, (entries, units) -> (units,)."""
    return counts(condition) / condition.shape[0]


def _mean(x: Any) -> Any:
    """(entries, units) -> (units,), float64."""
    return column_sums(x) / x.shape[0]


def _entries(x: Any) -> int:
    return int(x.shape.num_elements())


def _centred(x: Any, mean: Any) -> Any:
    """Less each unit's mean; in the entries' own type, whose sums then lose nothing to the mean."""
    return x - tf.cast(mean, x.dtype)


def _spread(z: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of all entries, from squares about a rounded mean."""
    mean = tf.reduce_mean(_mean(z))
    off = tf.cast(tf.cast(mean, z.dtype), tf.float64) - mean
    square = square_sum(z - tf.cast(mean, z.dtype)) / _entries(z)
    return mean, tf.sqrt(tf.maximum(square - tf.square(off), 0.0))


def _non_finite(x: Any, sums: Any) -> Any:
    """How many entries are not finite; they are counted only where a sum of them is not."""
    wrong = lambda: tf.reduce_sum(tf.cast(~tf.math.is_finite(x), tf.int32))  # noqa: E731 - a branch
    return tf.cond(tf.reduce_all(tf.math.is_finite(sums)), lambda: 0, wrong)


def _rounded(bound: float, dtype: Any, outwards: float) -> Any:
    """The number of a narrower type that bounds the same entries: no entry lies between the two."""
    kind = dtype.as_numpy_dtype
    near = kind(bound)
    inside = float(near) > bound if outwards < 0 else float(near) < bound
    return np.nextafter(near, kind(outwards)) if inside else near


def _rms(x: Any) -> Any:
    return tf.sqrt(tf.reduce_mean(tf.square(x)))


def _phi_b(activation: str, a: Any, mean_abs: Any) -> Any:
    """Rakitianskaia and Engelbrecht 2015, in the form without bins (equal for an even number)."""
    bounds = output_range(activation)
    if bounds is None:
        return tf.constant(np.nan, tf.float64)
    lower, upper = bounds
    if lower == -upper:
        return tf.reduce_mean(mean_abs) / upper
    return tf.reduce_mean(_mean(tf.abs(2.0 * (a - lower) / (upper - lower) - 1.0)))


def _percentiles(z: Any, mean: Any, deviation: Any) -> dict[str, Any]:
    """Linear interpolation between order statistics, as NumPy's default; from a histogram where there are many."""
    flat = tf.reshape(z, [-1])
    if flat.shape[0] is None or flat.shape[0] > _MOST_SORTED:
        found = _percentiles_of_histogram(flat, mean, deviation)
    else:
        found = _percentiles_of_sorted(tf.cast(flat, tf.float64))
    return {f"z_p{percent}": value for percent, value in zip(PERCENTILES, found, strict=True)}


def _percentiles_of_sorted(flat: Any) -> list[Any]:
    ordered = tf.sort(flat)
    last = tf.size(ordered) - 1
    found = []
    for percent in PERCENTILES:
        place = percent / 100.0 * tf.cast(last, tf.float64)
        below = tf.cast(tf.floor(place), tf.int32)
        first, second = ordered[below], ordered[tf.minimum(below + 1, last)]
        found.append(first + (place - tf.floor(place)) * (second - first))
    return found


def _percentiles_of_histogram(flat: Any, mean: Any, deviation: Any) -> list[Any]:
    """Off by at most a bin, 0.0035 standard deviations.

    By Cantelli's inequality at most 1 / (1 + k^2) of any distribution lies k standard deviations or more to one side of
    its mean: with k = 7.1 less than 2 %, so that the percentiles 2 to 98 lie within, whatever the outliers do.
    """
    low, width = mean - _REACH * deviation, 2 * _REACH * deviation / _BINS
    # In the type of the entries, half as many bytes: near the mean its difference is exact, and the rest is one shift.
    near, scale = tf.cast(mean, flat.dtype), tf.where(width > 0, 1.0 / width, tf.ones_like(width))
    shift = (tf.cast(near, tf.float64) - low) * scale
    place = (flat - near) * tf.cast(scale, flat.dtype) + tf.cast(shift, flat.dtype)
    # What is not finite has no percentile, and the record is nulls then; the cast of it may be any integer.
    bins = tf.maximum(tf.cast(tf.clip_by_value(place, 0, _BINS - 1), tf.int32), 0)
    counts = tf.math.bincount(bins, minlength=_BINS, maxlength=_BINS, dtype=tf.int32)
    upto = tf.cumsum(counts)
    found = []
    for percent in PERCENTILES:
        rank = percent / 100.0 * tf.cast(tf.size(flat) - 1, tf.float64)
        bin_ = tf.searchsorted(upto, tf.cast(tf.floor(rank), tf.int32)[None], side="right")[0]
        bin_ = tf.minimum(bin_, _BINS - 1)
        inside = (rank + 0.5 - tf.cast(upto[bin_] - counts[bin_], tf.float64)) / tf.cast(counts[bin_], tf.float64)
        found.append(low + (tf.cast(bin_, tf.float64) + inside) * width)
    return found


def _covariance(centred: Any) -> tuple[Any, Any]:
    """(units, units), empty for wide layers, and the variances, (units,); of entries less their rounded means."""
    entries, off = centred.shape[0], _mean(centred)
    if centred.shape[-1] > _WIDEST:
        return tf.zeros((0, 0), tf.float64), _mean(tf.square(centred)) - tf.square(off)
    product = products(centred) / entries - off[:, None] * off[None]
    return product, tf.maximum(tf.linalg.diag_part(product), 0.0)


@functools.cache
def _threads() -> Any:
    """BLAS with one thread: more of them wait for each other, and for TensorFlow's, longer than they compute."""
    return ThreadpoolController()


def _effective_dimension(covariance: np.ndarray) -> float:
    """Share of the covariance's eigendirections that hold 99 % of the variance (Delve's measure)."""
    if not covariance.size or not np.isfinite(covariance).all():
        return math.nan
    with _threads().limit(limits=1, user_api="blas"):
        values = np.maximum(np.linalg.eigvalsh(covariance), 0.0)[::-1]
    total = values.sum()
    return float(((np.cumsum(values) < 0.99 * total).sum() + 1.0) / len(values)) if total > 0 else math.nan


def _packed(packing: "_Packing", layers: list[dict[str, Any]], network: dict[str, Any]) -> tuple[Any, list[Any]]:
    """All numbers as one vector, and the covariances as they are: LAPACK is faster than TensorFlow's eigenvalues."""
    covariances = [layer.pop("covariance") for layer in layers]
    return packing.pack(layers, network), covariances


class _Packing:
    """All numbers of a pass as one vector: fetching hundreds of small tensors took longer than computing them."""

    def pack(self, layers: list[dict[str, Any]], network: dict[str, Any]) -> Any:
        """Float64, in the order that `unpack` knows; runs while the pass is traced."""
        groups = [*layers, network]
        self._layout = [[(key, tuple(value.shape)) for key, value in group.items()] for group in groups]
        return tf.concat(
            [tf.reshape(tf.cast(value, tf.float64), [-1]) for group in groups for value in group.values()], axis=0
        )

    def unpack(self, vector: np.ndarray) -> tuple[list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
        """The layers' numbers, and the network's."""
        groups, start = [], 0
        for keys in self._layout:
            group = {}
            for key, shape in keys:
                stop = start + math.prod(shape)
                group[key] = vector[start:stop].reshape(shape)
                start = stop
            groups.append(group)
        return groups[:-1], groups[-1]
