"""The table of regions, and the property behind it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satnet.saturation.activations import derivative
from satnet.saturation.regions import region
from satnet.spec.activation_traits import ACTIVATIONS
from tests.training import reference

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
    "hard_silu": (-3.0, None),
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


def test_table_has_every_elementwise_activation():
    # when
    elementwise = {name for name, traits in ACTIVATIONS.items() if traits.elementwise}

    # then
    assert elementwise == set(TABLE) == set(reference.ACTIVATIONS)


@pytest.mark.parametrize("name", TABLE)
def test_traits_agree_with_the_function_itself(name):
    # given the activation, written down once more
    traits, function = ACTIVATIONS[name], reference.ACTIVATIONS[name]
    z = np.linspace(-12, 12, 4801) + 1e-4  # off the corners
    a, far = function(z), function(np.array([-300.0, 300.0]))

    # when
    slope = derivative(name, z)

    # then
    assert slope == pytest.approx((function(z + 1e-5) - function(z - 1e-5)) / 2e-5, rel=1e-5, abs=1e-6)
    assert traits.never_negative == bool(a.min() >= 0)
    assert traits.bounded == bool(np.isfinite(far).all() and far[1] < 7 and far[0] > -2 and not traits.dies)
    if traits.output_range is not None:
        assert far == pytest.approx(traits.output_range, abs=0.01)
    assert traits.rests_off_zero == (name != "exponential" and function(np.zeros(1))[0] > 0)
    assert traits.dies == (traits.relu_like and bool(np.all(slope[z < 0] == 0)))
    assert traits.recovers == (traits.low == "soft" and traits.high is None)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.0, 2.0])
def test_region_of_elu_is_the_logarithm(alpha):
    # when
    found = region("elu", {"alpha": alpha}, 0.05)

    # then
    assert found.low == pytest.approx(min(0.0, np.log(0.05 / alpha)), abs=1e-9)


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
