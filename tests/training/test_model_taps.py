"""Activations of anybody's Keras model by their names, and none taken for another."""

import keras
import numpy as np
import pytest

from satnet.saturation.regions import region
from satnet.training.activations import ParametricActivation
from satnet.training.model_taps import UNKNOWN, activation_of, tap


def sine(x):
    """An activation that satnet will hardly ever know."""
    return keras.ops.sin(x)


def shown(layer):
    applied = activation_of(layer)
    return applied.name, dict(applied.parameters)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (keras.layers.Dense(2), ("linear", {})),
        (keras.layers.Dense(2, activation="swish"), ("silu", {})),
        (keras.layers.Dense(2, activation="hard_silu"), ("hard_silu", {})),
        (keras.layers.Dense(2, activation="hard_swish"), ("hard_silu", {})),
        (keras.layers.Activation("hard_sigmoid"), ("hard_sigmoid", {})),
        (keras.layers.ReLU(), ("relu", {})),
        (keras.layers.ReLU(max_value=6), ("relu6", {})),
        (keras.layers.ReLU(negative_slope=0.1), ("leaky_relu", {"negative_slope": 0.1})),
        (keras.layers.LeakyReLU(0.25), ("leaky_relu", {"negative_slope": 0.25})),
        (keras.layers.ELU(alpha=0.5), ("elu", {"alpha": 0.5})),
        (keras.layers.Softmax(), ("softmax", {})),
        (ParametricActivation("gelu", {"approximate": True}), ("gelu", {"approximate": True})),
    ],
)
def test_activation_of_a_layer_has_its_name_and_parameters(layer, expected):
    # when / then
    assert shown(layer) == expected


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dense(2, activation=sine),
        keras.layers.Activation(lambda x: x),
        keras.layers.ReLU(max_value=1),
        keras.layers.ReLU(max_value=6, negative_slope=0.1),
        keras.layers.ReLU(threshold=1.0),
    ],
)
def test_an_activation_that_satnet_does_not_know_is_unknown(layer):
    # when / then
    assert activation_of(layer) == UNKNOWN


def test_hard_silu_saturates_in_its_own_region():
    # given z from a normal distribution of standard deviation 4: hard_silu is flat below -3, silu fades below -4.08
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="hard_silu"), keras.layers.Dense(1)])
    model.layers[0].set_weights([np.array([[4.0]]), np.zeros(1)])
    x = np.random.default_rng(0).standard_normal((20_000, 1)).astype(np.float32)

    # when
    network, layers = tap(model)
    bounds = region(layers[0].activation, layers[0].parameters, 0.05)
    share = float(np.mean(np.asarray(network.probe(x)[0]) <= bounds.low))

    # then: the normal distribution's share below -3/4
    assert layers[0].activation == "hard_silu"
    assert share == pytest.approx(0.2266, abs=0.01)


@pytest.mark.parametrize(
    "unknown", [[keras.layers.Dense(3, activation=sine)], [keras.layers.Dense(3), keras.layers.Activation(sine)]]
)
def test_layer_with_an_unknown_activation_is_not_measured_and_changes_no_other(unknown):
    # given a batch normalization that belongs to it
    layers = [keras.layers.Dense(4, activation="tanh", name="first"), *unknown, keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(2, activation="softmax")])

    # when
    network, hidden = tap(model)

    # then
    assert [(one.name, one.batch_normalization) for one in hidden] == [("first", "none")]
    x = np.ones((3, 2), np.float32)
    assert np.allclose(network.model(x), model(x))


def test_parametric_activation_is_the_same_after_saving(tmp_path):
    # given
    activation = ParametricActivation("gelu", {"approximate": True}, name="gelu")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), activation])
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)

    # when
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")

    # then
    assert np.array_equal(loaded(x), model(x))
    assert np.allclose(loaded(x), keras.activations.gelu(model.layers[0](x), approximate=True))
