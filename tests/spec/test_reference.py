"""The rows that documentation is made of: complete, and what the spec really does with a default."""

import json

from satnet.spec import parse_spec
from satnet.spec.activation_traits import ACTIVATIONS
from satnet.spec.datasets import DATASETS, Dataset
from satnet.spec.layers import LAYERS
from satnet.spec.reference import reference


def entry(kind, name):
    return next(one for one in reference()[kind] if one.name == name)


def field(kind, name, key):
    return next(one for one in entry(kind, name).fields if one.name == key)


def test_reference_has_every_name_of_the_spec():
    # when
    names = {kind: [one.name for one in entries] for kind, entries in reference().items()}

    # then
    assert names["activation"] == list(ACTIVATIONS)
    assert names["layer"] == list(LAYERS)
    assert (
        names["dataset"]
        == list(DATASETS)
        == list(Dataset.model_json_schema()["properties"]["name"]["anyOf"][0]["enum"])
    )
    assert len(names["initializer"]) == 15
    assert names["learning_rate_schedule"] == ["exponential_decay", "cosine_decay", "reduce_on_plateau"]
    assert names["loss"][:2] == ["mean_squared_error", "mean_absolute_error"]
    assert {"", "training", "training.early_stopping", "resources"} <= set(names["spec"])


def test_row_says_type_bounds_and_default():
    # when / then
    rate = field("layer", "dropout", "rate")
    assert (rate.type, rate.allowed, rate.default) == ("number", ">= 0, < 1", "")
    size = field("layer", "max_pooling2d", "pool_size")
    assert (size.type, size.default) == ("integer or list of integers", "2")
    assert field("layer", "dense", "activation").type == "activation"
    assert field("layer", "dense", "activation").default == '"linear"'
    assert field("layer", "dense", "kernel_regularizer").type == "regularizer or null"
    padding = field("layer", "conv2d", "padding")
    assert (padding.type, padding.allowed, padding.default) == ("string", "valid, same", '"valid"')
    clip = field("optimizer", "adam", "clipnorm")
    assert (clip.type, clip.allowed, clip.default) == ("number or null", "> 0", "null")
    noise = field("dataset", "xor", "noise")
    assert (noise.type, noise.allowed, noise.default) == ("number", ">= 0", "0.25")
    assert field("initializer", "variance_scaling", "mode").allowed == "fan_in, fan_out, fan_avg"
    assert field("spec", "", "dataset").default == ""


def test_rows_name_the_defaults_that_a_spec_gets():
    # given
    spec = parse_spec({"dataset": {"name": "xor"}, "layers": [{"type": "dense", "units": 2}], "seed": 1}).to_json()

    # then
    for part in ("training", "saturation", "resources"):
        assert {one.name: json.loads(one.default) for one in entry("spec", part).fields} == spec[part]
    dense = {one.name: json.loads(one.default) for one in entry("layer", "dense").fields if one.default}
    assert dense == {key: value for key, value in spec["layers"][0].items() if key not in ("type", "units")}
    for option in entry("dataset", "xor").fields:
        assert json.loads(option.default) == spec["dataset"][option.name]
