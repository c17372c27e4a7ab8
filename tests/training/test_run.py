"""Whole runs: determinism, theory's predictions, failures with a name."""

import math
from pathlib import Path

import numpy as np
import pytest

from satnet.errors import DataError, DeadlineExceeded, Interrupted, NonFiniteLoss
from satnet.spec import parse_spec
from satnet.training.run import train


def digits(**changes):
    return {
        "dataset": {"name": "digits"},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 16, "activation": "tanh"},
            {"type": "dropout", "rate": 0.2},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "loss": "categorical_crossentropy",
        "optimizer": "adam",
        "training": {"epochs": 2, "batch_size": 64},
        "seed": 7,
    } | changes


def run(data, tmp_path=Path("nowhere"), **options):
    records = []
    result = train(parse_spec(data), data_dir=tmp_path, on_epoch=records.append, **options)
    return records, result


def without_times(record):
    return {key: value for key, value in record.items() if key != "seconds"}


def test_same_spec_gives_same_numbers_twice():
    # when
    first, one = run(digits())
    second, two = run(digits())

    # then
    assert [without_times(r) for r in first] == [without_times(r) for r in second]
    assert one.summary_extra == two.summary_extra
    assert [r["epoch"] for r in first] == [0, 1, 2]
    assert first[-1]["train"]["loss"] < first[0]["train"]["loss"]


def test_batch_normalization_in_both_places_and_explicit_layers_are_measured():
    # given the same network written in two ways
    whole = digits(
        layers=[
            {"type": "flatten"},
            {"type": "dense", "units": 8, "activation": "tanh", "batch_normalization": "before_activation"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ]
    )
    apart = digits(
        layers=[
            {"type": "flatten"},
            {"type": "dense", "units": 8},
            {"type": "batch_normalization"},
            {"type": "activation", "activation": "tanh"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ]
    )

    # when
    first, _ = run(whole)
    second, _ = run(apart)

    # then one record each, z is what batch normalization let through
    assert [layer["name"] for layer in first[0]["layers"]] == ["dense_1"]
    assert [layer["name"] for layer in second[0]["layers"]] == ["dense_1"]
    assert first[0]["layers"][0]["preactivation"]["std"] == pytest.approx(1.0, abs=0.01)
    assert second[0]["layers"][0]["preactivation"]["std"] == pytest.approx(1.0, abs=0.01)


def test_regression_reports_errors_in_the_targets_units():
    # given
    data = digits(
        dataset={"name": "diabetes", "standardize": "per_feature"},
        layers=[{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
        loss="mean_squared_error",
        training={"epochs": 30, "batch_size": 16},
    )

    # when
    records, result = run(data)

    # then: the target runs from 25 to 346 with a standard deviation of 77
    assert records[-1]["validation"]["accuracy"] is None
    assert 30 < records[-1]["validation"]["mean_absolute_error"] < 65
    assert 0.2 < result.summary_extra["r2"] < 0.7


def test_convolutions_are_measured_by_channel():
    # given
    data = digits(
        layers=[
            {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": "relu"},
            {"type": "max_pooling2d"},
            {"type": "flatten"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ]
    )

    # when
    records, _ = run(data)

    # then
    layer = records[-1]["layers"][0]
    assert layer["units"] == 4
    assert layer["saturated_fraction"] is None
    assert 0.1 < layer["inactive_fraction"] < 0.9


def test_diverging_run_fails_by_name_and_reports_the_epoch():
    # given
    data = digits(
        optimizer={"name": "sgd", "learning_rate": 1e30},
        loss="mean_squared_error",
        layers=[{"type": "flatten"}, {"type": "dense", "units": 10}, {"type": "dense", "units": 10}],
    )
    records = []

    # when
    with pytest.raises(NonFiniteLoss, match="epoch"):
        train(parse_spec(data), data_dir=Path("nowhere"), on_epoch=records.append)

    # then
    assert records[-1]["train"]["loss"] is None
    assert records[-1]["train"]["non_finite"] == 1


def test_missing_dataset_says_where_to_put_it(tmp_path, monkeypatch):
    # given a machine without the file and without a network
    import keras

    def refuse():
        raise OSError("no route")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)

    # when / then
    with pytest.raises(DataError, match=r"mnist\.npz.*SATNET_DATA_DIR/datasets"):
        run(digits(dataset={"name": "mnist"}), tmp_path)


def test_local_file_comes_first_and_statistics_are_told(tmp_path):
    # given
    folder = tmp_path / "datasets"
    folder.mkdir()
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (200, 28, 28)).astype(np.uint8), np.arange(200) % 10
    np.savez(folder / "mnist.npz", x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])

    # when
    _, result = run(digits(dataset={"name": "mnist"}), tmp_path)

    # then
    assert result.summary_extra["dataset"]["mean"] == pytest.approx(float(x.mean()))


def test_check_stops_a_run_between_slices():
    # given
    def stop():
        raise Interrupted("cancel")

    # when / then
    with pytest.raises(Interrupted):
        run(digits(training={"epochs": 5000, "batch_size": 1}), check=stop)


def test_deadline_ends_a_run():
    # when / then
    with pytest.raises(DeadlineExceeded):
        run(digits(training={"epochs": 5000, "batch_size": 8}, resources={"max_seconds": 1}))


def test_folds_are_tagged_and_each_starts_anew():
    # when
    records, result = run(digits(cross_validation={"folds": 3, "stratified": True}))

    # then
    assert [(r["fold"], r["epoch"]) for r in records] == [(f, e) for f in range(3) for e in range(3)]
    assert len(result.summary_extra["folds"]) == 3


def test_early_stopping_restores_the_best_weights():
    # given
    stopping = {"monitor": "validation.loss", "patience": 1, "min_delta": 10.0, "restore_best_weights": True}

    # when
    records, result = run(
        digits(
            dataset={"name": "digits", "validation_fraction": 0.2},
            training={"epochs": 9, "batch_size": 64, "early_stopping": stopping},
        )
    )

    # then the first epoch was best by definition, the second used up the patience
    assert result.stop_reason == "early_stopping"
    assert [r["epoch"] for r in records] == [0, 1, 2]
    assert math.isfinite(result.summary_extra["test"]["loss"])
