"""Percentiles of all preactivations of a layer: exact for small layers, from a histogram for large ones."""

from typing import Any

import tensorflow as tf

PERCENTILES = (2, 15, 50, 85, 98)
MOST_SORTED = 2**13  # entries whose percentiles are exact; those of more are read from a histogram
BINS = 4096
REACH = 7.1  # how many standard deviations the histogram goes to either side of the mean


def percentiles(z: Any, mean: Any, deviation: Any) -> dict[str, Any]:
    """`z_p2` to `z_p98` of all entries, by linear interpolation between order statistics (NumPy's default).

    Args:
        z: the entries, in any shape.
        mean: of all entries, a float64 scalar.
        deviation: their standard deviation, the same.
    """
    flat = tf.reshape(z, [-1])
    if flat.shape[0] is None or flat.shape[0] > MOST_SORTED:
        values = _from_histogram(flat, mean, deviation)
    else:
        values = _from_sorted(tf.cast(flat, tf.float64))
    return {f"z_p{percent}": value for percent, value in zip(PERCENTILES, values, strict=True)}


def _from_sorted(flat: Any) -> list[Any]:
    ordered = tf.sort(flat)
    last = tf.size(ordered) - 1
    values = []
    for percent in PERCENTILES:
        rank = percent / 100.0 * tf.cast(last, tf.float64)
        below = tf.cast(tf.floor(rank), tf.int32)
        first, second = ordered[below], ordered[tf.minimum(below + 1, last)]
        values.append(first + (rank - tf.floor(rank)) * (second - first))
    return values


def _from_histogram(flat: Any, mean: Any, deviation: Any) -> list[Any]:
    """Off by at most a bin, 0.0035 standard deviations.

    By Cantelli's inequality at most 1 / (1 + k^2) of any distribution lies k standard deviations or more to one side of
    its mean: with k = 7.1 less than 2 %, so that the percentiles 2 to 98 lie within, whatever the outliers do.
    """
    low, width = mean - REACH * deviation, 2 * REACH * deviation / BINS
    # In the type of the entries, half as many bytes: near the mean its difference is exact, and the rest is one shift.
    near, scale = tf.cast(mean, flat.dtype), tf.where(width > 0, 1.0 / width, tf.ones_like(width))
    shift = (tf.cast(near, tf.float64) - low) * scale
    place = (flat - near) * tf.cast(scale, flat.dtype) + tf.cast(shift, flat.dtype)
    # What is not finite has no percentile, and the record is nulls then; the cast of it may be any integer.
    bins = tf.maximum(tf.cast(tf.clip_by_value(place, 0, BINS - 1), tf.int32), 0)
    counts = tf.math.bincount(bins, minlength=BINS, maxlength=BINS, dtype=tf.int32)
    upto = tf.cumsum(counts)
    values = []
    for percent in PERCENTILES:
        rank = percent / 100.0 * tf.cast(tf.size(flat) - 1, tf.float64)
        bin_ = tf.searchsorted(upto, tf.cast(tf.floor(rank), tf.int32)[None], side="right")[0]
        bin_ = tf.minimum(bin_, BINS - 1)
        inside = (rank + 0.5 - tf.cast(upto[bin_] - counts[bin_], tf.float64)) / tf.cast(counts[bin_], tf.float64)
        values.append(low + (tf.cast(bin_, tf.float64) + inside) * width)
    return values
