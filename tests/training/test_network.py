"""Every name of the spec becomes the Keras object of that name."""

import keras
import numpy as np
import pytest

from satnet.saturation.diagnosis.facts import facts_of
from satnet.spec import parse_spec
from satnet.spec.activations import Activation
from satnet.spec.hidden import activations
from satnet.spec.initializers import Initializer, initial_std
from satnet.spec.layers import LAYERS
from satnet.spec.regularizers import Regularizer
from satnet.training.initializers import build_initializer
from satnet.training.layers import build_layer
from satnet.training.network import build_network

PARAMETERS = {
    "constant": {"value": 0.3},
    "random_uniform": {"minval": -0.2, "maxval": 0.1},
    "random_normal": {"mean": 0.5, "stddev": 0.2},
    "truncated_normal": {"mean": 0.0, "stddev": 0.2},
    "variance_scaling": {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"},
    "orthogonal": {"gain": 2.0},
    "identity": {"gain": 0.5},
}


@pytest.mark.parametrize("with_parameters", [False, True])
@pytest.mark.parametrize("name", sorted(Initializer.allowed))
def test_initializer_is_kerass_own_with_its_parameters(name, with_parameters):
    # given
    parameters = PARAMETERS.get(name, {}) if with_parameters else {}
    named = Initializer(name, parameters)

    # when
    built = build_initializer(named, 11)

    # then
    config = built.get_config()
    if name == "identity":  # its configuration leaves the gain out
        assert np.diag(np.asarray(built((4, 4)))).tolist() == [parameters.get("gain", 1.0)] * 4
    else:
        assert {key: config[key] for key in parameters} == parameters
    assert "".join(part.title() for part in name.split("_")) == type(built).__name__
    values = np.asarray(built((300, 200)))
    std = initial_std(name, parameters, 300, 200)
    if std is not None and name != "ones":
        assert values.std() == pytest.approx(std, rel=0.02, abs=1e-9)
    if "seed" in config:
        assert not np.array_equal(values, np.asarray(build_initializer(named, 12)((300, 200))))


@pytest.mark.parametrize("name", sorted(Activation.allowed))
def test_activation_is_kerass_own(name):
    # given
    given = {"leaky_relu": {"negative_slope": 0.3}, "elu": {"alpha": 0.5}, "gelu": {"approximate": True}}
    named = {"name": name, **given[name]} if name in given else name
    spec = parse_spec(
        {
            "dataset": {"name": "gaussian", "features": 6},
            "layers": [
                {"type": "dense", "units": 4, "activation": named},
                {"type": "dense", "units": 10, "activation": "softmax"},
            ],
            "seed": 1,
        }
    )

    # when
    network = build_network(spec, (6,), None)
    z, a = (np.asarray(part) for part in (network.probe(np.ones((3, 6), np.float32))[i] for i in (0, 2)))

    # then
    parameters = {key: value for key, value in named.items() if key != "name"} if isinstance(named, dict) else {}
    assert a == pytest.approx(np.asarray(keras.activations.get(name)(z, **parameters)), rel=1e-6)


def test_regularizers_take_their_parameters():
    # given
    for name, rules in Regularizer.allowed.items():
        penalty = {"name": name} | dict.fromkeys(rules, 0.01)
        layer = {"type": "dense", "units": 10, "activation": "softmax", "kernel_regularizer": penalty}
        spec = parse_spec({"dataset": {"name": "digits"}, "layers": [{"type": "flatten"}, layer], "seed": 1})

        # when
        model = build_network(spec, (8, 8), None).model

        # then
        model(np.zeros((1, 8, 8), np.float32))
        kernel = model.layers[-2].get_weights()[0]
        parts = {"l1": [np.abs(kernel).sum()], "l2": [(kernel**2).sum()]}
        expected = 0.01 * sum(parts.get(name, [np.abs(kernel).sum(), (kernel**2).sum()]))
        assert float(model.losses[0]) == pytest.approx(expected, rel=1e-5)


STACK = [
    {"type": "reshape", "target_shape": [8, 8, 1]},
    {"type": "conv2d", "filters": 3, "kernel_size": 3, "activation": "relu", "batch_normalization": "after_activation"},
    {"type": "max_pooling2d"},
    {"type": "conv2d", "filters": 2, "kernel_size": [2, 1]},
    {"type": "batch_normalization"},
    {"type": "activation", "activation": "tanh"},
    {"type": "flatten"},
    {"type": "dense", "units": 7},
    {"type": "dropout", "rate": 0.1},
    {"type": "dense", "units": 6, "activation": "sigmoid", "repeat": 2},
    {"type": "batch_normalization"},
    {"type": "maxout", "units": 4, "pieces": 3},
    {"type": "activation", "activation": "elu"},
    {"type": "dense", "units": 10},
    {"type": "activation", "activation": "softmax"},
]


def test_planned_activations_are_the_taps_of_the_built_network():
    # given every way to write a hidden layer
    spec = parse_spec({"dataset": {"name": "digits"}, "layers": STACK, "seed": 1})

    # when
    planned, network = activations(spec), build_network(spec, (8, 8), None)

    # then
    assert [(one.name, one.activation) for one in planned] == [(tap.name, tap.activation) for tap in network.taps]
    for one, tap in zip(planned, network.taps, strict=True):
        assert (one.weights is None) == (tap.kernel is None)
        if tap.kernel is not None and one.weights is not None:
            field = int(np.prod(tap.kernel.shape[:-2]))
            assert one.fan_in == tap.kernel.shape[-2] * field
            assert one.fan_out == tap.kernel.shape[-1] * field
    norms = {one.name: one.batch_normalization for one in planned}
    assert norms["conv2d_1"] == norms["dense_3"] == "after_activation"
    assert norms["conv2d_2"] == "before_activation"
    assert set(facts_of(spec).predicted_std) == {one.name for one in planned[:-1] if one.weights is not None}


def test_every_layer_type_has_a_builder():
    # given
    needed = {"units": 2, "filters": 2, "kernel_size": 1, "target_shape": [2], "rate": 0.1, "activation": "tanh"}

    for name, model in LAYERS.items():
        fields = {key: value for key, value in needed.items() if key in model.model_fields}
        layer = model.model_validate({"type": name} | fields)

        # when / then
        if name != "activation":  # built with its parameters by activation_layer
            assert isinstance(build_layer(layer, f"{name}_1", 1, 0), keras.layers.Layer)


def test_noise_is_silent_only_while_it_is_asked_to_be():
    # given
    layers = [{"type": "flatten"}, {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 10}]
    network = build_network(parse_spec({"dataset": {"name": "digits"}, "layers": layers, "seed": 1}), (8, 8), None)
    x = np.ones((4, 8, 8), np.float32)
    plain = np.asarray(network.model(x, training=False))

    # when
    with network.without_noise():
        silent = np.asarray(network.model(x, training=True))

    # then
    assert np.array_equal(silent, plain)
    assert not np.allclose(np.asarray(network.model(x, training=True)), plain)
    assert [layer.name for layer in network.noise_layers()] == ["dropout_1"]
