"""Sums in blocks against NumPy in float64, also where float32 cannot hold the squares."""

import numpy as np
import pytest
import tensorflow as tf

from satnet.training import sums

ROWS, UNITS = 1024 * 70 + 13, 16  # more entries than are added up in float64, and no multiple of a block


def entries(scale, shift=0.0):
    rng = np.random.default_rng(0)
    return (scale * (rng.standard_normal((ROWS, UNITS)) + shift)).astype(np.float32)


def told(function, x):
    return tf.function(function)(tf.constant(x)).numpy()


@pytest.mark.parametrize("scale", [1e-25, 1e-3, 1.0, 1e4, 1e25])
def test_blocks_agree_with_float64(scale):
    # given
    x = entries(scale, shift=0.5)
    wide = x.astype(np.float64)

    # when
    added, squared, product = (told(one, x) for one in (sums.column_sums, sums.square_sum, sums.products))

    # then
    assert np.abs(added - wide.sum(axis=0)).max() < 1e-6 * np.abs(wide).sum(axis=0).min()
    assert squared == pytest.approx((wide**2).sum(), rel=1e-6)
    assert np.abs(product - wide.T @ wide).max() < 1e-6 * (wide**2).sum(axis=0).min()


def test_counts_are_exact():
    # given
    x = entries(1.0)

    # when / then
    np.testing.assert_array_equal(told(lambda x: sums.counts(x > 1), x), (x > 1).sum(axis=0))
    np.testing.assert_array_equal(told(lambda x: sums.counts(x > 1), x[:100]), (x[:100] > 1).sum(axis=0))


def test_zeros_and_what_is_not_finite():
    # given
    zeros, broken = np.zeros((ROWS, UNITS), np.float32), entries(1.0)
    broken[7, 3] = np.nan

    # when / then
    assert told(sums.square_sum, zeros) == 0
    assert np.isnan(told(sums.square_sum, broken))
    assert np.isnan(told(sums.column_sums, broken)).tolist() == [unit == 3 for unit in range(UNITS)]
