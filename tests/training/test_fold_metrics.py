"""Asked metrics stand in every record and can end a run; several labels a row are right label by label."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from satnet.spec import parse_spec
from satnet.spec.activations import Activation
from satnet.spec.metrics import more_is_better
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.compiled import obtain
from satnet.training.data import Data
from satnet.training.evaluation import Evaluation, hits
from satnet.training.fold_metrics import FoldMetrics
from satnet.training.fold_run import FoldRun
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.optimizer import Plateau
from satnet.training.quality import final_quality
from satnet.training.reductions import reduce_network
from satnet.training.row_cache import prepared
from satnet.training.rows import Rows
from satnet.training.run import train


def spirals(**training):
    return {
        "dataset": {"name": "spirals", "samples": 300, "validation_fraction": 0.2},
        "layers": [
            {"type": "dense", "units": 16, "activation": "tanh"},
            {"type": "dense", "units": 3, "activation": "softmax"},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.02},
        "training": {"epochs": 4, "batch_size": 32, **training},
        "seed": 1,
    }


def run(data):
    records = []
    return records, train(parse_spec(data), data_dir=Path("nowhere"), on_epoch=records.append)


def test_asked_metrics_stand_in_every_record_and_in_the_test_metrics():
    # when
    records, result = run(spirals(metrics=["recall", "pr_auc"]))

    # then
    for part in ("train", "validation"):
        assert all(0 < record[part]["recall"] <= 1 and 0 < record[part]["pr_auc"] <= 1 for record in records)
        assert records[-1][part]["pr_auc"] > records[0][part]["pr_auc"]
    assert result.summary_extra["test"]["recall"] == pytest.approx(result.summary_extra["test"]["accuracy"], abs=0.1)
    assert len({record["train"]["recall"] for record in records}) > 1


def test_metrics_that_nobody_asked_for_are_not_measured():
    records, result = run(spirals(epochs=1))
    assert set(records[-1]["train"]) == set(records[-1]["validation"]) == {"loss", "accuracy"}
    assert set(result.summary_extra["test"]) == {"loss", "accuracy"}


@pytest.mark.parametrize("monitor", ["train.recall", "validation.recall"])
def test_early_stopping_waits_for_a_larger_recall_also_between_measured_epochs(monitor):
    # given a learning rate with which nothing moves
    stopping = {"monitor": monitor, "patience": 2}
    data = spirals(metrics=["recall"], early_stopping=stopping, epochs=9)
    data |= {"optimizer": {"name": "sgd", "learning_rate": 1e-12}, "saturation": {"every": 5}}

    # when
    records, result = run(data)

    # then it ends two epochs after the first
    assert (result.stop_reason, [record["epoch"] for record in records]) == ("early_stopping", [0, 3])
    assert records[-1]["train"]["recall"] == records[0]["train"]["recall"]


def test_a_regression_reports_its_metrics_in_the_targets_units():
    # given
    data = {
        "dataset": {"name": "diabetes", "standardize": "per_feature"},
        "layers": [{"type": "dense", "units": 1}],
        "training": {"epochs": 1, "metrics": ["mae", "rmse", "r2", "mape"]},
        "seed": 1,
    }

    # when
    records, result = run(data)

    # then
    validation = records[-1]["validation"]
    assert validation["mae"] == validation["mean_absolute_error"]
    assert result.summary_extra["test"]["rmse"] == pytest.approx(result.summary_extra["root_mean_squared_error"])
    assert records[-1]["train"]["mae"] > 1


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("validation.recall", (0.1, 0.3, 0.2), 0.3),
        ("validation.rmse", (3, 1, 2), 1),
        ("train.balanced_accuracy", (0.2, 0.4, 0.1), 0.4),
    ],
)
def test_a_plateau_knows_whether_more_is_better(monitor, values, best):
    # given
    plateau, (part, _, name) = Plateau(monitor, patience=1), monitor.partition(".")

    # when
    for value in values:
        plateau.better({part: {name: value}})

    # then
    assert (plateau.best, plateau.waited) == (best, 1)
    assert more_is_better(monitor) == (best == max(values))


def test_several_labels_are_right_label_by_label_as_keras_counts_them():
    # given
    rng = np.random.default_rng(0)
    y, prediction = (rng.random((50, 3)) < 0.4).astype(np.float32), rng.random((50, 3)).astype(np.float32)

    # when
    right = int(hits(tf.constant(y), tf.constant(prediction), True))
    reduced = reduce_network(build_loss("binary_crossentropy"), tf.constant(y), tf.constant(prediction), True)

    # then
    oracle = float(keras.metrics.BinaryAccuracy()(y, prediction))
    assert right / y.size == pytest.approx(oracle) == pytest.approx(float(reduced["right"]))
    wrong = (prediction > 0.5) != (y > 0.5)
    sure = np.maximum(prediction, 1 - prediction) >= 0.99
    assert float(reduced["confident_wrong"]) == pytest.approx((wrong & sure).mean())


def test_evaluation_of_several_labels_gives_keras_binary_accuracy():
    # given
    data = spirals() | {"loss": "binary_crossentropy"}
    data["layers"][-1]["activation"] = "sigmoid"
    spec, rng = parse_spec(data), np.random.default_rng(0)
    network, loss = build_network(spec, (2,), None), build_loss(spec.loss)
    x, y = rng.standard_normal((40, 2)).astype(np.float32), (rng.random((40, 3)) < 0.5).astype(np.float32)

    # when
    value, accuracy, predictions = Evaluation(network, loss, multi_label=True)(x, y, batch=16)

    # then
    network.model.compile(loss=spec.loss, metrics=["binary_accuracy"])
    assert [value, accuracy] == pytest.approx(network.model.evaluate(x, y, verbose=0), rel=1e-5)
    assert predictions.shape == (40, 3)


def test_the_summary_says_how_good_each_class_is_on_validation_and_test_rows():
    # when
    _, result = run(spirals(epochs=1, metrics=["pr_auc"]))

    # then
    quality, rows = result.summary_extra["quality"], result.summary_extra["rows"]
    assert result.summary_extra["confusion_matrix"] == quality["test"]["confusion_matrix"]
    for name in ("validation", "test"):
        assert [one["label"] for one in quality[name]["classes"]] == ["0", "1", "2"]
        assert sum(one["support"] for one in quality[name]["classes"]) == rows[name]
        assert len(result.summary_extra["curves"][name]) == 3
    assert quality["test"]["pr_auc"] == result.summary_extra["test"]["pr_auc"]


def test_test_rows_that_validate_are_reported_once_and_curves_of_more_than_two_classes_where_asked():
    # given
    data = spirals(epochs=1)
    del data["dataset"]["validation_fraction"]

    # when
    _, result = run(data)

    # then
    assert set(result.summary_extra["quality"]) == {"test"}
    assert "curves" not in result.summary_extra


def test_a_network_that_breaks_has_a_summary_without_areas():
    # given a learning rate that makes every weight infinite
    data = {
        "dataset": {"name": "xor", "samples": 100},
        "layers": [{"type": "dense", "units": 1, "activation": "sigmoid"}],
        "loss": "binary_crossentropy",
        "training": {"epochs": 1, "metrics": ["roc_auc", "recall"]},
        "seed": 1,
    }
    spec = parse_spec(data)
    network = build_network(spec, (2,), None)
    network.model.set_weights([np.full(weight.shape, np.nan) for weight in network.model.get_weights()])
    source = next(iter(prepared(spec, Path("nowhere"))))[1]()
    metrics = FoldMetrics(spec, source, Evaluation(network, build_loss(spec.loss)))

    # when
    test, predictions = metrics.of(source.test)
    found = final_quality(metrics, predictions)

    # then
    assert test == {"loss": None, "accuracy": test["accuracy"], "non_finite": 1, "roc_auc": None, "recall": None}
    assert set(found["quality"]["test"]) == {"classes", "confusion_matrix"}
    assert "curves" not in found


def trained_on(x, y, task, output, names, scaling=(0.0, 1.0), weights=None, metrics=()):
    """The records and the result of somebody's own rows, 150 to train on and 50 others."""
    spec = parse_spec(spirals(epochs=3)).model_copy(update={"loss": output[1]})
    layers = [spec.layers[0], spec.layers[1].model_copy(update={"units": y.shape[1], "activation": output[0]})]
    training = spec.training.model_copy(update={"metrics": list(metrics)})
    dataset = spec.dataset.model_copy(update={"target": names})
    spec = spec.model_copy(update={"layers": layers, "training": training, "dataset": dataset})
    train_rows, test = Rows(x[:150], y[:150], weights), Rows(x[150:], y[150:])
    data = Data(train_rows, test, test, y[:150, 0], None, *scaling, 0.0, 1.0, {}, task)
    records = []
    built = obtain(spec, None, data, data.probed(np.arange(150)))
    fold = FoldRun(spec, built, data, None, records.append, CheckpointSchedule(lambda: None, None))
    return records, fold.train()


def test_several_labels_are_trained_measured_and_reported_label_by_label():
    # given rows with two labels of which one follows from the other's input
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 2)).astype(np.float32)
    y, sigmoid = (x > (0.0, 0.8)).astype(np.float32), (Activation("sigmoid"), "binary_crossentropy")

    # when half of the rows count nothing
    weights = np.tile([0.0, 2.0], 75).astype(np.float32)
    records, result = trained_on(
        x, y, "multi_label", sigmoid, ["north", "east"], weights=weights, metrics=["recall", "pr_auc"]
    )

    # then
    assert all(0 < record["train"]["accuracy"] < 1 for record in records)
    assert records[-1]["validation"]["accuracy"] > records[0]["validation"]["accuracy"]
    test = result.quality["quality"]["test"]
    assert [one["label"] for one in test["classes"]] == ["north", "east"]
    right = sum(one["confusion_matrix"][0][0] + one["confusion_matrix"][1][1] for one in test["classes"])
    assert result.test["accuracy"] == pytest.approx(right / 100)
    assert [one["label"] for one in result.quality["curves"]["test"]] == ["north", "east"]
    assert records[-1]["network"]["loss_over_chance"] < 1


def test_several_targets_are_reported_in_their_own_units():
    # given targets with standard deviations 1 and 1000
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 2)).astype(np.float32)
    linear, scaling = (Activation("linear"), "mean_squared_error"), (np.zeros(2), np.array([1.0, 1000.0]))

    # when
    records, result = trained_on(x, x.copy(), "regression", linear, ["age", "price"], scaling, metrics=["mae", "r2"])

    # then
    age, price = result.quality["quality"]["test"]["targets"]
    assert (age["target"], price["target"]) == ("age", "price")
    assert 50 < price["mae"] / age["mae"] < 20_000
    assert result.test["mae"] == pytest.approx((age["mae"] + price["mae"]) / 2)
    assert records[-1]["train"]["r2"] > records[0]["train"]["r2"]
