"""Shapes and parameter counts in pure Python against what Keras builds."""

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from satnet.errors import InvalidSpec
from satnet.spec import parse_spec, plan_network
from satnet.spec.optimizers import Optimizer
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer

NORMS = st.sampled_from(["none", "before_activation", "after_activation"])
SIZES = st.one_of(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=2, max_size=2))
PADDING = st.sampled_from(["valid", "same"])
DENSE = st.fixed_dictionaries(
    {
        "type": st.just("dense"),
        "units": st.integers(1, 9),
        "use_bias": st.booleans(),
        "batch_normalization": NORMS,
        "repeat": st.integers(1, 2),
        "activation": st.sampled_from(["linear", "tanh", "relu"]),
    }
)
MAXOUT = st.fixed_dictionaries(
    {
        "type": st.just("maxout"),
        "units": st.integers(1, 5),
        "pieces": st.integers(2, 3),
        "batch_normalization": NORMS,
    }
)
CONVOLUTION = st.fixed_dictionaries(
    {
        "type": st.just("conv2d"),
        "filters": st.integers(1, 4),
        "kernel_size": SIZES,
        "strides": st.integers(1, 2),
        "padding": PADDING,
        "use_bias": st.booleans(),
        "batch_normalization": NORMS,
    }
)
POOLING = st.fixed_dictionaries(
    {"type": st.sampled_from(["max_pooling2d", "average_pooling2d"]), "pool_size": SIZES, "padding": PADDING}
)
PLAIN = st.sampled_from(
    [
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.5},
        {"type": "batch_normalization", "scale": False},
        {"type": "layer_normalization"},
        {"type": "activation", "activation": "elu"},
        {"type": "global_average_pooling2d"},
        {"type": "reshape", "target_shape": [4, 4, 4]},
    ]
)
LAYERS = st.lists(st.one_of(DENSE, MAXOUT, CONVOLUTION, POOLING, PLAIN), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(LAYERS)
def test_planned_shapes_and_parameters_are_what_keras_builds(layers):
    # given any stack that ends in ten classes
    body = {
        "dataset": {"name": "digits"},
        "layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
        "seed": 1,
    }

    # when
    spec, errors = None, ()
    try:
        spec = parse_spec(body)
    except InvalidSpec as refused:
        errors = refused.errors
    if spec is None:
        assert all(error.pointer.startswith("#/layers/") for error in errors)
        return
    plan, model = plan_network(spec), build_network(spec, (8, 8), None).model

    # then
    assert plan.parameters == model.count_params()
    assert plan.layers[-1].output_shape == tuple(model.output_shape[1:])
    keras.backend.clear_session()


@settings(max_examples=25, deadline=None)
@given(CONVOLUTION)
def test_a_convolution_that_is_refused_is_refused_by_keras_too(layer):
    # given
    body = {"dataset": {"name": "digits"}, "layers": [layer, {"type": "global_average_pooling2d"}]}
    inputs = keras.Input((8, 8, 1))

    # when
    pointers = []
    try:
        parse_spec(body)
    except InvalidSpec as refused:
        pointers = [error.pointer for error in refused.errors]
    options = {key: layer[key] for key in ("kernel_size", "strides", "padding")}

    # then
    if "#/layers/0/kernel_size" in pointers:
        with pytest.raises(ValueError, match=r"."):
            keras.layers.Conv2D(layer["filters"], **options)(inputs)
    else:
        keras.layers.Conv2D(layer["filters"], **options)(inputs)


@pytest.mark.parametrize("name", sorted(Optimizer.allowed))
def test_optimizer_defaults_are_the_installed_keras_ones(name):
    # given
    spec = parse_spec(
        {
            "dataset": {"name": "digits"},
            "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
            "optimizer": name,
        }
    )

    # when
    ours, stock = build_optimizer(spec).get_config(), keras.optimizers.get(name).get_config()

    # then
    ours.pop("name")  # Keras numbers its optimizers
    stock.pop("name")
    assert ours == stock
