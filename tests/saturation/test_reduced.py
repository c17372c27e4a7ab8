"""A layer's record from hand-made reduced numbers: each share counted by eye."""

import numpy as np
import pytest

from satnet.saturation.reduced import record_from_reduced


def record(activation, **arrays):
    reduced = {
        "low": np.zeros(4),
        "high": np.zeros(4),
        "active": np.full(4, 0.5),
        "gate": np.full(4, 0.5),
        "mean_abs": np.ones(4),
        "mean": np.zeros(4),
        "mean_abs_centred": np.ones(4),
    }
    changed = {key: np.array(value) for key, value in arrays.items()}
    return record_from_reduced(reduced | changed, name="dense_1", activation=activation, parameters={}, units=4)


def test_saturated_units_are_one_sided_or_switches():
    # given one unit frozen high, one switch, one half saturated, one free
    layer = record("tanh", low=[0.0, 0.5, 0.25, 0.0], high=[1.0, 0.5, 0.25, 0.0])

    # then
    assert layer["saturated_fraction"] == pytest.approx(2.5 / 4)
    assert layer["saturated_unit_fraction"] == 0.5
    assert layer["one_sided_unit_fraction"] == 0.25
    assert layer["asymmetry"] == pytest.approx((1.0 / 4) / (2.5 / 4))


def test_one_sided_activations_are_wholly_asymmetric_where_they_saturate():
    # when / then
    assert record("elu", low=[1.0, 0.5, 0.0, 0.0])["asymmetry"] == pytest.approx(1.0)
    assert record("elu", low=[1.0, 0.5, 0.0, 0.0])["stuck_low_unit_fraction"] == 0.25
    assert record("elu")["asymmetry"] is None


def test_dead_and_near_dead_units_are_told_apart():
    # when
    layer = record("relu", active=[0.0, 0.005, 0.5, 1.0])

    # then
    assert (layer["dead_unit_fraction"], layer["near_dead_unit_fraction"]) == (0.25, 0.25)
    assert layer["inactive_fraction"] == pytest.approx(1 - 1.505 / 4)
    assert layer["saturated_fraction"] is None


def test_dormant_units_are_judged_against_their_layer():
    # when / then
    assert record("tanh", mean_abs=[0.001, 1.0, 1.0, 1.0])["dormant_unit_fraction"] == 0.25
    assert record("relu", mean_abs=[0.0, 0.0, 0.0, 0.0])["dormant_unit_fraction"] == 1.0
    centred = record("sigmoid", mean_abs=[0.5, 0.5, 0.5, 0.5], mean_abs_centred=[0.0, 0.1, 0.1, 0.1])
    assert centred["dormant_unit_fraction"] == 0.25


@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "maxout", "exponential"])
def test_what_has_no_region_is_null_and_never_zero(activation):
    # when
    layer = record(activation)

    # then
    for key in ("saturated_fraction", "saturated_low", "saturated_unit_fraction", "asymmetry", "phi_b"):
        assert layer[key] is None
