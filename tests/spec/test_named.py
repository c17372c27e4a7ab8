"""Names with parameters: checked, frozen, and the same after being hashed, copied or pickled."""

import copy
import inspect
import pickle

import keras
import pytest

from satnet.errors import InvalidSpec
from satnet.spec import parse_spec
from satnet.spec.activations import Activation
from satnet.spec.initializers import Initializer
from satnet.spec.optimizers import Optimizer
from satnet.spec.regularizers import Regularizer


def spec(**layer):
    layers = [{"type": "flatten"}, {"type": "dense", "units": 4} | layer, {"type": "dense", "units": 10}]
    return parse_spec({"dataset": {"name": "digits"}, "layers": layers})


def test_parameters_cannot_be_changed_inside_a_frozen_spec():
    # given
    frozen = spec(activation={"name": "elu", "alpha": 0.5})
    activation, before = frozen.layers[1].activation, frozen.sha256

    # when / then
    with pytest.raises(TypeError):
        activation.parameters["alpha"] = 2.0
    with pytest.raises(AttributeError):
        activation.parameters = {}
    with pytest.raises(AttributeError):
        activation.name = "relu"
    assert frozen.sha256 == before


def test_the_dictionary_that_it_was_made_of_is_not_its_own():
    # given
    parameters = {"alpha": 0.5}
    activation = Activation("elu", parameters)

    # when
    parameters["alpha"] = 2.0

    # then
    assert activation == Activation("elu", {"alpha": 0.5})


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_are_equal_and_frozen_too(again):
    # given
    named = Initializer("random_uniform", {"minval": -0.1, "maxval": 0.1})

    # when
    other = again(named)

    # then
    assert type(other) is Initializer
    assert (other, hash(other), other.to_json()) == (named, hash(named), named.to_json())
    assert other != Initializer("random_uniform", {"minval": -0.2, "maxval": 0.1})
    with pytest.raises(TypeError):
        other.parameters["minval"] = 0.0


@pytest.mark.parametrize(
    ("activation", "reason"),
    [
        ("relu7", "there is no activation 'relu7'; allowed: linear, sigmoid"),
        ({"name": "elu", "beta": 1.0}, "activation 'elu' has no parameter 'beta'; allowed: alpha"),
        ({"name": "tanh", "alpha": 1.0}, "activation 'tanh' has no parameter 'alpha'; allowed: none"),
        ({"name": "elu", "alpha": 0.0}, "activation 'elu': alpha: Input should be greater than 0"),
        (3, "must be a name, or an object with 'name'"),
    ],
)
def test_error_says_what_came_and_what_is_allowed(activation, reason):
    # when
    with pytest.raises(InvalidSpec) as refused:
        spec(activation=activation)

    # then
    assert refused.value.errors[0].pointer == "#/layers/1/activation"
    assert refused.value.errors[0].detail.startswith(reason)


def defaults_of(function):
    signature = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in signature if one.default is not inspect.Parameter.empty}


@pytest.mark.parametrize(
    ("kind", "where"), [(Activation, "activations"), (Initializer, "initializers"), (Regularizer, "regularizers")]
)
def test_parameters_and_defaults_are_kerass(kind, where):
    # given
    module = getattr(keras, where)
    title = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2"}

    for name, parameters in kind.allowed.items():
        # when
        class_name = title.get(name) or "".join(part.title() for part in name.split("_"))
        stock = defaults_of(module.get(name) if kind is Activation else getattr(module, class_name).__init__)

        # then
        for key, parameter in parameters.items():
            assert parameter.default == stock[key], f"{name}.{key}"
            assert parameter.checked(parameter.default) == parameter.default


def test_optional_parameters_of_optimizers_are_not_filled_in():
    # when
    filled = {name: set(Optimizer.parse(name).parameters) for name in Optimizer.allowed}

    # then: a stored spec's hash depends on it
    assert all(("weight_decay" in keys) == (name == "adamw") for name, keys in filled.items())
    assert all({"learning_rate", "clipnorm", "clipvalue"} <= keys for keys in filled.values())
