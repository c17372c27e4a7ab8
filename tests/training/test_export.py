"""The saved model takes raw rows and gives outputs in the target's own units, whatever the layers."""

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from satnet.errors import BadRequest
from satnet.spec import parse_spec
from satnet.training.export import predict
from satnet.training.run import train

ACTIVATIONS = [{"name": "leaky_relu", "negative_slope": 0.1}, {"name": "elu", "alpha": 0.5}, "mish"]


def kept(spec, tmp_path):
    target = tmp_path / "model.keras"
    result = train(
        parse_spec(spec),
        data_dir=Path("nowhere"),
        on_epoch=lambda _: None,
        keep_model=lambda path: target.write_bytes(path.read_bytes()),
    )
    return target, result


@pytest.mark.parametrize("standardize", ["global", "per_feature", "minmax", "none"])
def test_saved_model_predicts_from_raw_rows(standardize, tmp_path):
    # given every kind of layer that keeps parameters of its own
    hidden = [{"type": "dense", "units": 8, "activation": one} for one in ACTIVATIONS]
    spec = {
        "dataset": {"name": "digits", "standardize": standardize},
        "layers": [
            {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": {"name": "gelu", "approximate": True}},
            {"type": "flatten"},
            *hidden,
            {"type": "maxout", "units": 8},
            {"type": "batch_normalization"},
            {
                "type": "dense",
                "units": 10,
                "activation": "softmax",
                "kernel_regularizer": {"name": "l1_l2", "l1": 1e-5},
            },
        ],
        "training": {"epochs": 12},
        "seed": 1,
    }

    # when
    path, result = kept(spec, tmp_path)
    outputs = np.array(predict(path, load_digits().images.tolist()))

    # then it does on all rows about as well as it did on the test rows
    accuracy = (outputs.argmax(axis=1) == load_digits().target).mean()
    assert result.summary_extra["test"]["accuracy"] > 0.8
    assert accuracy == pytest.approx(result.summary_extra["test"]["accuracy"], abs=0.06)
    loaded = keras.models.load_model(path)
    assert loaded.input_shape == (None, 8, 8)
    assert loaded.layers[-1].layers[-2].kernel_regularizer.get_config() == pytest.approx({"l1": 1e-5, "l2": 0.0})


def test_saved_regression_answers_in_the_targets_units(tmp_path):
    # given
    spec = {
        "dataset": {"name": "diabetes", "standardize": "per_feature"},
        "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
        "training": {"epochs": 40, "batch_size": 16},
        "seed": 1,
    }
    x, y = load_diabetes(scaled=False, return_X_y=True)

    # when
    path, result = kept(spec, tmp_path)
    errors = np.abs(np.array(predict(path, x))[:, 0] - y)

    # then
    assert errors.mean() == pytest.approx(result.summary_extra["test"]["mean_absolute_error"], rel=0.25)


@pytest.mark.parametrize("instances", [[[1, 2]], [["a"]], [], [[1], [1, 2]]])
def test_rows_of_another_shape_are_refused(instances, tmp_path):
    # given
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "m.keras")

    # when / then
    with pytest.raises(BadRequest, match="instances"):
        predict(tmp_path / "m.keras", instances)
