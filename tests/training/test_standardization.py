"""Inputs are centred and scaled by the training rows alone, in an array as in a program."""

import numpy as np
import pytest
import tensorflow as tf

from satnet.training.standardization import Standardization, standardized, standardized_rows

KINDS = {
    "global": lambda x: (x - x.mean()) / x.std(),
    "minmax": lambda x: (x - x.min()) / (x.max() - x.min()),
    "per_feature": lambda x: (x - x.mean(axis=0)) / np.where(x.std(axis=0) == 0, 1, x.std(axis=0)),
    "none": lambda x: x,
}


@pytest.fixture
def pixels():
    x = np.random.default_rng(0).integers(0, 256, (5000, 4)).astype(np.uint8)
    x[:, 3] = 7  # a feature that never changes
    return x


@pytest.mark.parametrize("kind", KINDS)
def test_floats_and_bytes_become_the_same_numbers(kind, pixels):
    # given
    fitted = Standardization.fit(kind, pixels)
    scaling = fitted.center, fitted.scale
    expected = KINDS[kind](pixels.astype(np.float64))

    # when
    floats = fitted.apply(pixels.astype(np.float64))
    kept = fitted.apply(pixels)

    # then bytes stay bytes until a program or the probe reads them
    assert floats.dtype == np.float32
    assert floats == pytest.approx(expected, abs=1e-6)
    assert kept.dtype == np.uint8
    assert standardized_rows(kept, scaling) == pytest.approx(expected, abs=1e-4)
    in_program = standardized(tf.constant(kept), tuple(tf.constant(part, tf.float32) for part in scaling))
    assert in_program.numpy() == pytest.approx(expected, abs=1e-4)
    assert standardized_rows(floats, scaling) is floats


def test_inputs_without_spread_are_only_centred():
    fitted = Standardization.fit("global", np.full((10, 2), 3.0))
    assert np.array_equal(fitted.apply(np.full((10, 2), 3.0)), np.zeros((10, 2)))
    assert fitted.statistics["std"] == 0.0
