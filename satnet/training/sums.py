"""Sums over the entries of a layer, (entries, units): in float64, or where there are very many, in blocks.

A layer of a convolution has millions of entries, and casting them all to float64 again and again took most of a probe's
time. So long columns are added up in blocks of some hundred float32 entries, and the blocks in float64: within 1e-6 of
the sum of magnitudes (tests/training/test_sums.py). What float32 cannot hold squared is added up in float64.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

_MANY = 2**20  # entries; fewer are added up as fast in float64 from the start
_MANY_PRODUCTS = 2**16  # the same of products
_ADDED = 256  # entries of a column that are added in float32
_MULTIPLIED = 1024  # rows of a product that are added in float32
_LEAST = 1e-30  # mean square below which float32 may have lost some


def column_sums(x: Any) -> Any:
    """(entries, units) -> (units,), float64."""
    if not _many(x):
        return _exact_sums(x)
    fast = sum(_block_sums(part) for part in _parts(x, _ADDED))
    return tf.cond(tf.reduce_all(tf.math.is_finite(fast)), lambda: fast, lambda: _exact_sums(x))


def column_means(x: Any) -> Any:
    """(entries, units) -> (units,), float64."""
    return column_sums(x) / x.shape[0]


def counts(condition: Any) -> Any:
    """(entries, units) -> how many hold, (units,), float64; exact."""
    if not _many(condition):
        return tf.cast(tf.reduce_sum(tf.cast(condition, tf.int32), axis=0), tf.float64)
    return sum(_block_sums(tf.cast(part, tf.float32)) for part in _parts(condition, _ADDED))


def square_sum(x: Any) -> Any:
    """(entries, units) -> a float64."""
    if not _many(x):
        return _exact_squares(x)
    fast = tf.reduce_sum(sum(_block_sums(tf.square(part)) for part in _parts(x, _ADDED)))
    return _sound(fast, fast, x, _exact_squares)


def products(x: Any) -> Any:
    """(entries, units) -> x' x, (units, units), float64."""
    if not _many(x, _MANY_PRODUCTS):
        return _exact_products(x)
    fast = sum(_block_products(part) for part in _parts(x, _MULTIPLIED))
    return _sound(fast, tf.linalg.trace(fast), x, _exact_products)


def _many(x: Any, limit: int = _MANY) -> bool:
    return bool(x.shape.num_elements() > limit)


def _parts(x: Any, size: int) -> list[Any]:
    """The rows up to a multiple of `size`, and the rest."""
    whole = x.shape[0] // size * size
    return [part for part in (x[:whole], x[whole:]) if part.shape[0]]


def _sound(fast: Any, squares: Any, x: Any, exact: Callable[[Any], Any]) -> Any:
    held = tf.math.is_finite(squares) & (squares > _LEAST * x.shape.num_elements())
    return tf.cond(held, lambda: fast, lambda: exact(x))


def _exact_sums(x: Any) -> Any:
    return tf.reduce_sum(tf.cast(x, tf.float64), axis=0)


def _exact_squares(x: Any) -> Any:
    return tf.reduce_sum(tf.square(tf.cast(x, tf.float64)))


def _exact_products(x: Any) -> Any:
    wide = tf.cast(x, tf.float64)
    return tf.matmul(wide, wide, transpose_a=True)


def _block_sums(x: Any) -> Any:
    """A block holds every (rows / _ADDED)th row, so that one product with ones adds all blocks up."""
    rows = _ADDED if x.shape[0] % _ADDED == 0 else x.shape[0]
    partial = tf.matmul(tf.ones((1, rows)), tf.reshape(tf.cast(x, tf.float32), (rows, -1)))
    return tf.reduce_sum(tf.cast(tf.reshape(partial, (-1, x.shape[1])), tf.float64), axis=0)


def _block_products(x: Any) -> Any:
    rows = _MULTIPLIED if x.shape[0] % _MULTIPLIED == 0 else x.shape[0]
    blocks = tf.reshape(tf.cast(x, tf.float32), (-1, rows, x.shape[1]))
    return tf.reduce_sum(tf.cast(tf.matmul(blocks, blocks, transpose_a=True), tf.float64), axis=0)
