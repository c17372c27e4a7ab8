"""What is kept of a probe pass: per layer and for the network, reduced while the pass is traced.

Entries are counted as they are; every sum is in float64. Each pass over all entries takes time, so that a number which
follows from others is not added up again.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from satnet.saturation.regions import region
from satnet.spec.activation_traits import traits
from satnet.training.activations import build_activation
from satnet.training.covariance import covariance
from satnet.training.network import Tap
from satnet.training.percentiles import percentiles
from satnet.training.sums import column_means, counts, square_sum

_SATURATED_PROBABILITY = 0.05  # in units of the sigmoid's largest slope: METRICS' default epsilon


def reduce_layer(tap: Tap, bounds: Any, z: Any, a: Any, delta: Any) -> dict[str, Any]:
    """A layer's numbers by name; among them `covariance`, (units, units), the only large one.

    Args:
        tap: the layer's activation.
        bounds: its saturated region; None where it has none.
        z: preactivations, (rows, ..., units).
        a: outputs, as z.
        delta: each row's own dL/dz, as z.
    """
    units, never_negative = z.shape[-1], traits(tap.activation).never_negative
    z, a, delta = (tf.reshape(tensor, (-1, units)) for tensor in (z, a, delta))  # (rows x positions, units)
    low = high = active = tf.zeros(units, tf.float64)
    if bounds is not None and bounds.low is not None:
        low = _share(z <= _rounded(bounds.low, z.dtype, -np.inf))
    if bounds is not None and bounds.high is not None:
        high = _share(z >= _rounded(bounds.high, z.dtype, np.inf))
    if traits(tap.activation).relu_like:
        active = _share(z > 0)
    z_mean, z_std = _spread(z)
    mean = column_means(a)
    a_mean = tf.reduce_mean(mean)
    centred = a - tf.cast(mean, a.dtype)  # in the entries' own type, whose sums then lose nothing to the mean
    mean_abs = mean if never_negative else column_means(tf.abs(a))
    matrix, variances = covariance(centred)
    gate, gate_rms = _gates(tap, bounds, z, active)
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
        "phi_b": phi_b(tap.activation, a, mean_abs),
        "delta_rms": tf.sqrt(square_sum(delta) / _entries(delta)),
        "zero_gradient_fraction": tf.reduce_mean(_share(delta == 0)),
        "non_finite": _non_finite(z, z_std) + _non_finite(a, mean),
        "covariance": matrix,
    }
    if traits(tap.activation).rests_off_zero:
        numbers["mean_abs_centred"] = column_means(tf.abs(centred))
    return numbers | percentiles(z, z_mean, z_std)


def reduce_kernel(kernel: Any, gradient: Any, rows: Any) -> dict[str, Any]:
    """The spread of a kernel and of its gradient, and whether all units have identical incoming weights.

    `gradient` is that of the sum over the `rows` of the probe (a float64 scalar).
    """
    units = tf.reshape(kernel, (-1, kernel.shape[-1]))
    return {
        "gradient_rms": _rms(tf.cast(gradient, tf.float64)) / rows,
        "weight_std": tf.math.reduce_std(tf.cast(kernel, tf.float64)),
        "identical": tf.reduce_all(units == units[:, :1]),
    }


def piece_share(pieces: Any) -> Any:
    """(rows, units, pieces) -> share of rows that each piece wins, (units, pieces)."""
    winners = tf.one_hot(tf.argmax(pieces, axis=-1), pieces.shape[-1], dtype=tf.float64)
    return tf.reduce_mean(winners, axis=0)


def reduce_network(loss: Any, y: Any, prediction: Any, multi_label: bool = False) -> dict[str, Any]:
    """Loss, accuracy and confident mistakes of predictions, (rows, outputs); `loss` is Keras's own.

    With `multi_label` each output is an answer of its own, as is the only one.
    """
    p, y = tf.cast(prediction, tf.float64), tf.cast(y, tf.float64)
    value = tf.cast(loss(tf.cast(y, prediction.dtype), prediction), tf.float64)
    if multi_label or p.shape[-1] == 1:
        surest, wrong = tf.maximum(p, 1 - p), (p > 0.5) != (y > 0.5)
    else:
        surest = tf.reduce_max(p, axis=-1)
        wrong = tf.argmax(p, axis=-1) != tf.argmax(y, axis=-1)
    edge = region("sigmoid", {}, _SATURATED_PROBABILITY).high
    top = 1.0 / (1.0 + np.exp(-float(edge or 0.0)))
    astray = ((p >= top) & (y < 0.5)) | ((p <= 1 - top) & (y >= 0.5))
    return {
        "loss": value,
        "right": tf.reduce_mean(tf.cast(~wrong, tf.float64)),
        "confident_wrong": tf.reduce_mean(tf.cast((surest >= 0.99) & wrong, tf.float64)),
        "saturated_wrong": tf.reduce_mean(tf.cast(astray, tf.float64)),
    }


def phi_b(activation: str, a: Any, mean_abs: Any) -> Any:
    """Rakitianskaia and Engelbrecht 2015, in the form without bins (equal for an even number)."""
    bounds = traits(activation).output_range
    if bounds is None:
        return tf.constant(np.nan, tf.float64)
    lower, upper = bounds
    if lower == -upper:
        return tf.reduce_mean(mean_abs) / upper
    return tf.reduce_mean(column_means(tf.abs(2.0 * (a - lower) / (upper - lower) - 1.0)))


def _gates(tap: Tap, bounds: Any, z: Any, active: Any) -> tuple[Any, Any]:
    """Per unit mean |f'(z)| / S, and the RMS of f'(z), unnormalised."""
    if bounds is None:
        return tf.fill([z.shape[-1]], tf.constant(np.nan, tf.float64)), tf.constant(np.nan, tf.float64)
    if traits(tap.activation).is_step_sloped:
        return active, tf.sqrt(tf.reduce_mean(active))
    wide = tf.cast(z, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(wide)
        value = build_activation(tap.activation, tap.parameters)(wide)
    slope = tape.gradient(value, wide, unconnected_gradients="zero")
    return tf.reduce_mean(tf.abs(slope), axis=0) / bounds.slope, _rms(slope)


def _share(condition: Any) -> Any:
    """Of each unit's entries, (entries, units) -> (units,)."""
    return counts(condition) / condition.shape[0]


def _entries(x: Any) -> int:
    return int(x.shape.num_elements())


def _spread(z: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of all entries, from squares about a rounded mean."""
    mean = tf.reduce_mean(column_means(z))
    off = tf.cast(tf.cast(mean, z.dtype), tf.float64) - mean
    square = square_sum(z - tf.cast(mean, z.dtype)) / _entries(z)
    return mean, tf.sqrt(tf.maximum(square - tf.square(off), 0.0))


def _non_finite(x: Any, sums: Any) -> Any:
    """How many entries are not finite; they are counted only where a sum of them is not."""
    count = lambda: tf.reduce_sum(tf.cast(~tf.math.is_finite(x), tf.int32))  # noqa: E731 - a branch
    return tf.cond(tf.reduce_all(tf.math.is_finite(sums)), lambda: 0, count)


def _rounded(bound: float, dtype: Any, outwards: float) -> Any:
    """The number of a narrower type that bounds the same entries: no entry lies between the two."""
    kind = dtype.as_numpy_dtype
    near = kind(bound)
    inside = float(near) > bound if outwards < 0 else float(near) < bound
    return np.nextafter(near, kind(outwards)) if inside else near


def _rms(x: Any) -> Any:
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
