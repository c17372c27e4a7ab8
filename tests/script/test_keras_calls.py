"""Calls as text against Keras: each makes what it names, and what is left out is Keras's default."""

import inspect
from typing import get_args

import keras
import numpy as np
import pytest

from satnet.script.keras_calls import activation_call, class_name, layer_calls, literal
from satnet.spec import parse_spec
from satnet.spec.activations import Activation
from satnet.spec.initializers import Initializer
from satnet.spec.layers import Layer
from satnet.spec.optimizers import Optimizer
from satnet.spec.regularizers import Regularizer

LAYERS = {cls.__name__: cls for cls in get_args(get_args(Layer)[0])}
OWN = ("Maxout", "ActivationLayer")  # not layers of Keras


def layers_of(*layers):
    output = {"type": "dense", "units": 3, "activation": "softmax"}
    dataset = {"name": "gaussian", "features": 12, "samples": 50, "classes": 3}
    return parse_spec({"dataset": dataset, "layers": [*layers, output]}).layers


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in OWN])
def test_switches_have_the_default_of_keras(name):
    # given
    parameters = inspect.signature(getattr(keras.layers, name)).parameters
    switches = {key: one.default for key, one in LAYERS[name].model_fields.items() if isinstance(one.default, bool)}

    # when / then
    assert {key: parameters[key].default for key in switches} == switches


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (keras.optimizers, Optimizer),
        (keras.initializers, Initializer),
        (keras.regularizers, Regularizer),
    ],
)
def test_every_name_of_the_spec_is_a_class_of_keras(module, kind):
    # when / then
    assert [name for name in kind.allowed if not hasattr(module, class_name(name))] == []


@pytest.mark.parametrize("name", [name for name in Activation.allowed if name != "maxout"])
def test_every_activation_makes_a_layer(name):
    # when
    layer = eval(activation_call(Activation(name)), {"keras": keras})

    # then
    assert layer(keras.ops.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("parameters", [{"name": "elu", "alpha": 0.5}, {"name": "gelu", "approximate": True}])
def test_parameters_of_an_activation_are_kept(parameters):
    # given
    z = keras.ops.convert_to_tensor([-1.5, 0.3])
    name, options = parameters["name"], {key: value for key, value in parameters.items() if key != "name"}

    # when
    layer = eval(activation_call(Activation.parse(parameters)), {"keras": keras})

    # then
    expected = getattr(keras.activations, name)(z, **options)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(z)), keras.ops.convert_to_numpy(expected), rtol=1e-6)


def test_a_layer_keeps_what_the_spec_says():
    # given
    (dense, *_) = layers_of(
        {
            "type": "dense",
            "units": 5,
            "use_bias": False,
            "kernel_initializer": {"name": "random_normal", "stddev": 0.3},
            "kernel_regularizer": {"name": "l2", "l2": 0.1},
            "activation": {"name": "elu", "alpha": 0.5},
            "batch_normalization": "after_activation",
        }
    )

    # when
    kernel, activation, normalization = [eval(call, {"keras": keras}) for call in layer_calls(dense)]

    # then
    config = kernel.get_config()
    assert (config["units"], config["use_bias"]) == (5, False)
    assert config["kernel_initializer"]["config"]["stddev"] == 0.3
    assert config["kernel_regularizer"]["config"]["l2"] == pytest.approx(0.1)
    assert float(activation(keras.ops.convert_to_tensor([-50.0]))[0]) == pytest.approx(-0.5)
    assert isinstance(normalization, keras.layers.BatchNormalization)


def test_a_maxout_layer_computes_all_pieces_in_one_dense_layer():
    # given
    (maxout, *_) = layers_of({"type": "maxout", "units": 4, "pieces": 3})

    # when
    dense, largest = layer_calls(maxout)

    # then
    assert eval(dense, {"keras": keras}).units == 12
    assert largest == "Maxout(4, 3)"


@pytest.mark.parametrize("value", ["plain", 'a "quoted" path', "it's", "back\\slash\n", [3, 3], 0.1, True])
def test_a_literal_is_read_back(value):
    # when / then
    assert eval(literal(value)) == (tuple(value) if isinstance(value, list) else value)
