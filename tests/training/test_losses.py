"""The spec's losses, and what models are compiled with."""

import keras
import pytest

from satnet.spec import parse_spec
from satnet.training.losses import build_loss, recognize_loss

NAMES = ["mean_squared_error", "mean_absolute_error", "huber", "binary_crossentropy", "categorical_crossentropy"]


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_of_the_spec_is_built_and_recognized(name):
    # given
    units = 10 if name == "categorical_crossentropy" else 1
    activation = {"categorical_crossentropy": "softmax", "binary_crossentropy": "sigmoid"}.get(name, "linear")
    body = {"dataset": {"name": "digits" if units == 10 else "xor"}, "loss": name}
    spec = parse_spec(
        body | {"layers": [{"type": "flatten"}, {"type": "dense", "units": units, "activation": activation}]}
    )

    # when
    loss = build_loss(spec.loss)

    # then
    assert recognize_loss(loss) == recognize_loss(name) == recognize_loss(type(loss).__name__) == (name, None)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", ("mean_squared_error", None)),
        ("mae", ("mean_absolute_error", None)),
        ("huber_loss", ("huber", None)),
        ("sparse_categorical_crossentropy", ("categorical_crossentropy", None)),
        (keras.losses.mean_squared_error, ("mean_squared_error", None)),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), ("categorical_crossentropy", "softmax")),
        (keras.losses.BinaryCrossentropy(from_logits=True), ("binary_crossentropy", "sigmoid")),
    ],
)
def test_names_functions_and_objects_of_keras_are_recognized(loss, expected):
    assert recognize_loss(loss) == expected


def test_a_loss_that_no_spec_can_name_is_refused_with_those_that_are_measured():
    with pytest.raises(ValueError, match=r"'poisson' is not measured.*MeanSquaredError.*mse"):
        recognize_loss("poisson")
