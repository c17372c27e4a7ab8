"""What contradicts itself is refused, with the field and a sentence that says what is allowed."""

import pytest

from satnet.errors import InvalidSpec
from satnet.spec import parse_spec

SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}
DIGITS = {"dataset": {"name": "digits"}, "layers": [{"type": "flatten"}, SOFTMAX]}


def with_layers(*layers, **more):
    return DIGITS | {"layers": list(layers)} | more


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ([], "#", "must be an object"),
        (DIGITS | {"dataset": {}}, "#/dataset/name", "the name of a dataset is missing"),
        (DIGITS | {"dataset": {"name": "digits", "noise": 0.1}}, "#/dataset/noise", "dataset digits has no noise"),
        (
            DIGITS | {"dataset": {"name": "digits", "test_size": 361}},
            "#/dataset/test_size",
            "digits has only 360 test rows",
        ),
        (
            with_layers({"type": "flatten"}),
            "#/layers",
            "no layer has weights; add one of dense, maxout, conv2d",
        ),
        (
            with_layers({"type": "flatten"}, SOFTMAX, {"type": "dropout", "rate": 0.1}),
            "#/layers/2/type",
            "dropout cannot be the last layer",
        ),
        (
            with_layers({"type": "flatten"}, SOFTMAX | {"units": 7}),
            "#/layers/1/units",
            "10 classes need 10 output units, but the network has 7",
        ),
        (
            with_layers({"type": "conv2d", "filters": 7, "kernel_size": 3}, {"type": "global_average_pooling2d"}),
            "#/layers/0/filters",
            "10 classes need 10 output units, but the network has 7",
        ),
        (
            with_layers({"type": "flatten"}, SOFTMAX | {"activation": "tanh"}, loss="categorical_crossentropy"),
            "#/loss",
            "categorical_crossentropy needs a softmax over two or more units, but the output is tanh",
        ),
        (
            with_layers({"type": "flatten"}, SOFTMAX | {"activation": "tanh"}, loss="binary_crossentropy"),
            "#/loss",
            "binary_crossentropy needs a sigmoid output, but the output is tanh",
        ),
        (
            with_layers({"type": "flatten"}, SOFTMAX | {"bias_initializer": "orthogonal"}),
            "#/layers/1/bias_initializer",
            "orthogonal initializes matrices only, and a bias is a vector",
        ),
        (
            with_layers(
                {"type": "conv2d", "filters": 2, "kernel_size": 3, "kernel_initializer": "identity"},
                {"type": "flatten"},
                SOFTMAX,
            ),
            "#/layers/0/kernel_initializer",
            "identity initializes matrices only, and the kernel of conv2d is not one",
        ),
        (
            with_layers(SOFTMAX),
            "#/layers/0/type",
            "dense needs flat rows, but gets (8, 8); put a flatten layer before it",
        ),
        (
            DIGITS | {"labels": {"a/b": 3}},
            "#/labels/a~1b",
            "Input should be a valid string",
        ),
        (
            {
                "dataset": {"name": "diabetes", "validation_fraction": 0.2},
                "layers": [{"type": "dense", "units": 1}],
                "training": {"early_stopping": {"monitor": "validation.accuracy"}},
            },
            "#/training/early_stopping/monitor",
            "accuracy is not defined for a regression",
        ),
    ],
)
def test_error_names_the_field_and_what_is_allowed(body, pointer, detail):
    # when
    with pytest.raises(InvalidSpec) as refused:
        parse_spec(body)

    # then
    assert (pointer, detail) in [(error.pointer, error.detail) for error in refused.value.errors]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task", "classification"),
        ("target", "price"),
        ("categorical", ["city"]),
        ("missing", "median"),
        ("weight", "importance"),
        ("split", {"column": "fold"}),
    ],
)
@pytest.mark.parametrize("name", ["digits", "gaussian"])
def test_fields_of_tables_are_refused_while_there_are_no_tables(name, field, value):
    # given
    body = {"dataset": {"name": name, field: value}, "layers": [{"type": "dense", "units": 10}]}

    # when
    with pytest.raises(InvalidSpec) as caught:
        parse_spec(body)

    # then
    (error,) = caught.value.errors
    assert (error.pointer, error.code) == (f"#/dataset/{field}", "not_allowed")


def test_an_uploaded_dataset_that_there_is_not_is_refused():
    # when
    with pytest.raises(InvalidSpec, match="there is no dataset ds_0") as caught:
        parse_spec({"dataset": {"name": "ds_" + "0" * 26}, "layers": [{"type": "dense", "units": 10}]})

    # then
    assert [one.pointer for one in caught.value.errors] == ["#/dataset/name"]
