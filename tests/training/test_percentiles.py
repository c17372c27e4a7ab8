"""Percentiles of large layers against NumPy's exact ones."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from satnet.training.covariance import WIDEST
from satnet.training.percentiles import BINS, MOST_SORTED, PERCENTILES, REACH, percentiles

PAGE = Path(__file__).parents[2] / "docs" / "saturation.md"

SHAPES = {
    "normal": lambda rng, n: 3 + 2 * rng.standard_normal(n),
    "heavy tails": lambda rng, n: rng.standard_t(1.5, n),
    "one in a thousand explodes": lambda rng, n: np.where(rng.random(n) < 1e-3, 1e12, rng.standard_normal(n)),
    "two points": lambda rng, n: np.where(rng.random(n) < 0.4, -1.0, 5.0),
    "small around a large mean": lambda rng, n: 1e4 + 1e-2 * rng.standard_normal(n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_percentiles_of_many_entries_are_within_a_bin_of_the_exact_ones(shape):
    # given
    z = SHAPES[shape](np.random.default_rng(0), 50_000)

    # when
    found = percentiles(tf.constant(z), tf.constant(z.mean()), tf.constant(z.std()))

    # then
    exact = np.percentile(z, PERCENTILES)
    bin_ = 2 * 7.1 * z.std() / 4096
    assert np.abs(np.array([float(one) for one in found.values()]) - exact).max() <= bin_


def test_percentiles_of_equal_entries_are_that_entry():
    mean, deviation = tf.constant(2.5, tf.float64), tf.constant(0.0, tf.float64)
    found = percentiles(tf.fill([20_000], mean), mean, deviation)
    assert [float(one) for one in found.values()] == [2.5] * 5


def test_the_documentation_gives_the_limits_of_the_code():
    # given
    page = " ".join(PAGE.read_text().split())

    # then
    assert f"exact for layers of up to {MOST_SORTED:,} preactivations" in page
    assert f"histogram of {BINS:,} bins that covers {REACH} standard deviations" in page
    assert f"one bin at most, {2 * REACH / BINS:.4f} standard deviations" in page
    assert f"`null` for layers wider than {WIDEST:,} units" in page


@pytest.mark.parametrize(("entries", "exact"), [(MOST_SORTED, True), (MOST_SORTED + 1, False)])
def test_percentiles_are_exact_up_to_the_limit(entries, exact):
    # given
    z = np.random.default_rng(0).standard_normal(entries)

    # when
    found = percentiles(tf.constant(z), tf.constant(z.mean()), tf.constant(z.std()))

    # then
    difference = np.abs(np.array([float(value) for value in found.values()]) - np.percentile(z, PERCENTILES)).max()
    assert (difference < 1e-12) == exact
