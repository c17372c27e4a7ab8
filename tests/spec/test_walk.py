"""The walk over a list of layers: names, kernels, and where batch normalization stands."""

import pytest

from satnet.spec.walk import AppliedActivation, Part, walk

TANH, LINEAR, UNKNOWN = AppliedActivation("tanh"), AppliedActivation("linear"), AppliedActivation(None)
FLATTEN = Part("flatten")
DROPOUT = Part("dropout", passes_activation=True)
NORM = Part("batch_normalization", passes_activation=True, normalizes=True)


def dense(activation=LINEAR, **options):
    return Part("dense", activation, has_kernel=True, **options)


def activation(applied=TANH):
    return Part("activation", applied)


def shown(parts):
    """Name, activation, kernel, place and batch normalization of each activation."""
    return [
        (one.name, one.activation, one.kernel, one.place, one.batch_normalization) for one in walk(parts).activations
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([dense(TANH)], [("dense_1", "tanh", 0, 0, "none")]),
        ([dense(), activation()], [("dense_1", "tanh", 0, 1, "none")]),
        ([dense(), NORM, DROPOUT, activation()], [("dense_1", "tanh", 0, 3, "before_activation")]),
        (
            [dense(), FLATTEN, activation()],
            [("dense_1", "linear", 0, 0, "none"), ("activation_1", "tanh", None, 2, "none")],
        ),
        ([dense(), dense(TANH)], [("dense_1", "linear", 0, 0, "none"), ("dense_2", "tanh", 1, 1, "none")]),
        ([dense(TANH), DROPOUT, NORM], [("dense_1", "tanh", 0, 0, "after_activation")]),
        ([dense(), NORM], [("dense_1", "linear", 0, 0, "before_activation")]),
        (
            [dense(batch_normalization="after_activation"), activation()],
            [("dense_1", "linear", 0, 0, "after_activation"), ("activation_1", "tanh", None, 1, "none")],
        ),
        (
            [dense(TANH, batch_normalization="before_activation"), NORM],
            [("dense_1", "tanh", 0, 0, "before_activation")],
        ),
        (
            [activation(), activation()],
            [("activation_1", "tanh", None, 0, "none"), ("activation_2", "tanh", None, 1, "none")],
        ),
        ([FLATTEN], []),
    ],
)
def test_walk_finds_what_feeds_each_activation(parts, expected):
    # when / then
    assert shown(parts) == expected


@pytest.mark.parametrize("unknown", [[dense(UNKNOWN)], [dense(), activation(UNKNOWN)]])
def test_normalization_behind_an_unknown_activation_is_not_that_of_the_layer_before(unknown):
    # when
    found = shown([dense(TANH), *unknown, NORM, dense(TANH)])

    # then
    assert found[0] == ("dense_1", "tanh", 0, 0, "none")
    assert [one[0] for one in found] == ["dense_1", "dense_3"]


def test_names_count_each_kind_and_an_activation_goes_by_its_kernels_name():
    # when
    names = walk([dense(), DROPOUT, activation(), dense(TANH), DROPOUT, activation(), FLATTEN]).names

    # then
    assert names == ("dense_1", "dropout_1", "dense_1", "dense_2", "dropout_2", "activation_1", "flatten_1")


def test_layers_keep_names_of_their_own():
    # when
    walked = walk([dense(name="first"), Part("Activation", TANH, name="act")])

    # then
    assert walked.names == ("first", "first")
    assert walked.activations[0].name == "first"
