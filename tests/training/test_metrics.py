"""Each metric is scikit-learn's own, and None where rows and predictions have no such number."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from satnet.spec.metrics import METRICS
from satnet.training.metrics import measured

RNG = np.random.default_rng(0)
ROWS, CLASSES = 400, 7
NUMBERS = RNG.integers(0, CLASSES, ROWS)
SCORES = RNG.standard_normal((ROWS, CLASSES)) + 1.5 * np.eye(CLASSES)[NUMBERS]
SOFTMAX = (np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)).astype(np.float32)
GUESS = SOFTMAX.argmax(axis=1)
POSITIVE = (NUMBERS == 0).astype(int)
SCORE = SOFTMAX[:, 0]
LABELS = (RNG.random((ROWS, 4)) < (0.1, 0.3, 0.5, 0.9)).astype(np.float32)
MARKS = np.clip(0.4 * LABELS + 0.6 * RNG.random((ROWS, 4)), 0, 1).astype(np.float32)


def of_task(task):
    return [name for name, traits in METRICS.items() if task in traits.tasks]


def test_metrics_of_several_classes_are_scikit_learns_macro_averages():
    # when
    found = measured(of_task("classification"), np.eye(CLASSES, dtype=np.float32)[NUMBERS], SOFTMAX, "classification")

    # then
    macro = {"average": "macro", "multi_class": "ovr"}
    assert found == {
        "precision": pytest.approx(oracle.precision_score(NUMBERS, GUESS, average="macro")),
        "recall": pytest.approx(oracle.recall_score(NUMBERS, GUESS, average="macro")),
        "f1": pytest.approx(oracle.f1_score(NUMBERS, GUESS, average="macro")),
        "balanced_accuracy": pytest.approx(oracle.balanced_accuracy_score(NUMBERS, GUESS)),
        "top_k": pytest.approx(oracle.top_k_accuracy_score(NUMBERS, SOFTMAX, k=5)),
        "roc_auc": pytest.approx(
            oracle.roc_auc_score(NUMBERS, SOFTMAX.astype(float) / SOFTMAX.sum(axis=1, keepdims=True), **macro), rel=1e-5
        ),
        "pr_auc": pytest.approx(oracle.average_precision_score(np.eye(CLASSES)[NUMBERS], SOFTMAX)),
    }


@pytest.mark.parametrize("outputs", [1, 2])
def test_metrics_of_two_classes_are_those_of_class_1(outputs):
    # given one sigmoid, or a softmax over two units
    y, predictions = POSITIVE[:, None].astype(np.float32), SCORE[:, None]
    if outputs == 2:
        y, predictions = np.hstack([1 - y, y]), np.hstack([1 - predictions, predictions])
    guess = SCORE > 0.5
    names = [name for name in of_task("classification") if name != "top_k"]

    # when / then
    assert measured(names, y, predictions, "classification") == {
        "precision": pytest.approx(oracle.precision_score(POSITIVE, guess)),
        "recall": pytest.approx(oracle.recall_score(POSITIVE, guess)),
        "f1": pytest.approx(oracle.f1_score(POSITIVE, guess)),
        "balanced_accuracy": pytest.approx(oracle.balanced_accuracy_score(POSITIVE, guess)),
        "roc_auc": pytest.approx(oracle.roc_auc_score(POSITIVE, SCORE), rel=1e-6),
        "pr_auc": pytest.approx(oracle.average_precision_score(POSITIVE, SCORE), rel=1e-4),
    }


def test_metrics_of_several_labels_are_means_over_the_labels():
    # when
    found = measured(of_task("multi_label"), LABELS, MARKS, "multi_label")

    # then
    assert found == {
        "precision": pytest.approx(oracle.precision_score(LABELS, MARKS > 0.5, average="macro")),
        "recall": pytest.approx(oracle.recall_score(LABELS, MARKS > 0.5, average="macro")),
        "f1": pytest.approx(oracle.f1_score(LABELS, MARKS > 0.5, average="macro")),
        "roc_auc": pytest.approx(oracle.roc_auc_score(LABELS, MARKS, average="macro")),
        "pr_auc": pytest.approx(oracle.average_precision_score(LABELS, MARKS, average="macro")),
    }


def test_metrics_of_a_regression_are_in_the_targets_own_units():
    # given targets that were standardized with mean 200 and standard deviation 30
    y = RNG.standard_normal((ROWS, 1)).astype(np.float32)
    predictions = (y + 0.3 * RNG.standard_normal((ROWS, 1))).astype(np.float32)
    target, guess = 200 + 30.0 * y, 200 + 30.0 * predictions

    # when
    found = measured(of_task("regression"), y, predictions, "regression", target_mean=200, target_std=30)

    # then
    assert found == {
        "r2": pytest.approx(oracle.r2_score(target, guess), rel=1e-5),
        "mae": pytest.approx(oracle.mean_absolute_error(target, guess), rel=1e-5),
        "rmse": pytest.approx(oracle.root_mean_squared_error(target, guess), rel=1e-5),
        "mape": pytest.approx(oracle.mean_absolute_percentage_error(target, guess), rel=1e-5),
    }


def test_each_target_has_its_own_units():
    # given
    y, predictions = np.zeros((2, 2), np.float32), np.array([[1, 1], [-1, 1]], np.float32)

    # when
    scales = {"target_mean": np.array([5.0, 50.0]), "target_std": np.array([1.0, 10.0])}
    found = measured(["mae", "rmse", "mape"], y, predictions, "regression", **scales)

    # then
    assert found == {"mae": 5.5, "rmse": pytest.approx(np.sqrt(50.5)), "mape": pytest.approx(0.2)}


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("task", ["classification", "multi_label", "regression"])
def test_predictions_that_are_not_finite_have_no_metrics(task, wrong):
    predictions = np.array([[0.5] * 6, [wrong] * 6], np.float32)
    names = of_task(task)
    assert measured(names, np.eye(6, dtype=np.float32)[:2], predictions, task) == dict.fromkeys(names)


def test_a_class_that_no_row_has_counts_in_no_area():
    # given rows of two of three classes
    y = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    predictions = np.array([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.3, 0.6, 0.1], [0.2, 0.3, 0.5]], np.float32)

    # when
    found = measured(["roc_auc", "balanced_accuracy", "recall"], y, predictions, "classification")

    # then
    area = (oracle.roc_auc_score(y[:, 0], predictions[:, 0]) + oracle.roc_auc_score(y[:, 1], predictions[:, 1])) / 2
    assert found == {"roc_auc": pytest.approx(area), "balanced_accuracy": 0.5, "recall": pytest.approx(1 / 3)}


def test_rows_of_one_class_have_no_area_and_a_target_of_0_no_percentage():
    y, predictions = np.zeros((3, 1), np.float32), np.array([[0.1], [0.2], [0.9]], np.float32)
    names = ["roc_auc", "pr_auc", "recall", "precision", "balanced_accuracy"]
    assert measured(names, y, predictions, "classification") == {
        "roc_auc": None,
        "pr_auc": None,
        "recall": 0.0,
        "precision": 0.0,
        "balanced_accuracy": pytest.approx(2 / 3),
    }
    assert measured(["mape", "r2"], y, predictions, "regression") == {"mape": None, "r2": None}
