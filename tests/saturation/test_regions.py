"""The table of regions, and the property behind it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satnet.saturation.activations import derivative
from satnet.saturation.regions import region

TABLE = {
    "sigmoid": (-4.3566, 4.3566),
    "tanh": (-2.1783, 2.1783),
    "softsign": (-3.4721, 3.4721),
    "hard_sigmoid": (-3.0, 3.0),
    "hard_tanh": (-1.0, 1.0),
    "relu": (None, None),
    "relu6": (None, 6.0),
    "elu": (-2.9957, None),
    "selu": (-3.5105, None),
    "softplus": (-2.9444, None),
    "gelu": (-2.3486, None),
    "silu": (-4.0826, None),
    "mish": (-4.1117, None),
    "leaky_relu": (None, None),
    "linear": (None, None),
    "exponential": (None, None),
}


@pytest.mark.parametrize("name", TABLE)
def test_region_is_the_tables(name):
    # when
    found = region(name, {}, 0.05)

    # then
    for ours, expected in zip((found.low, found.high), TABLE[name], strict=True):
        assert ours == (None if expected is None else pytest.approx(expected, abs=1e-3))


@given(
    name=st.sampled_from(["sigmoid", "tanh", "softsign", "elu", "selu", "softplus", "gelu", "silu", "mish"]),
    epsilon=st.floats(0.005, 0.09),
    distance=st.floats(0, 50),
)
def test_slope_is_small_inside_and_not_just_outside(name, epsilon, distance):
    # given
    found = region(name, {}, epsilon)
    limit = epsilon * found.slope

    # then
    assert abs(derivative(name, np.array(found.low - distance))) <= limit * (1 + 1e-9)
    assert abs(derivative(name, np.array(found.low + 1e-4))) > limit


@given(
    name=st.sampled_from(["sigmoid", "tanh", "softsign"]),
    epsilon=st.floats(0.005, 0.09),
    distance=st.floats(0, 50),
)
def test_the_high_side_mirrors_the_low_one(name, epsilon, distance):
    # given
    found = region(name, {}, epsilon)
    limit = epsilon * found.slope

    # then
    assert found.high == pytest.approx(-found.low)
    assert abs(derivative(name, np.array(found.high + distance))) <= limit * (1 + 1e-9)
    assert abs(derivative(name, np.array(found.high - 1e-4))) > limit


@pytest.mark.parametrize("epsilon", [0.0, -0.01, 0.0901, 1.0, float("nan")])
def test_epsilon_outside_its_range_is_refused(epsilon):
    # when / then
    with pytest.raises(ValueError, match="epsilon"):
        region("tanh", {}, epsilon)
