"""Class by class and target by target: scikit-learn's numbers, None where there is none, and short curves."""

import json

import numpy as np
import pytest
from sklearn import metrics as oracle

from satnet.training.curves import curves
from satnet.training.predicted import Labeled, Targets
from satnet.training.row_quality import of_labels, of_targets

RNG = np.random.default_rng(0)
ROWS, CLASSES = 3000, 4
NUMBERS = RNG.integers(0, CLASSES, ROWS)
SCORES = (RNG.standard_normal((ROWS, CLASSES)) + np.eye(CLASSES)[NUMBERS]).astype(np.float32)
NAMES = ["ash", "beech", "cedar", "dogwood"]
SEVERAL = Labeled.of(np.eye(CLASSES)[NUMBERS], SCORES, "classification")
POSITIVE = (NUMBERS == 0).astype(int)
SCORE = (0.3 * RNG.random(ROWS) + 0.4 * POSITIVE + 0.2).astype(np.float32)
TWO = Labeled.of(POSITIVE[:, None], SCORE[:, None], "classification")


def test_each_class_has_scikit_learns_precision_recall_f1_and_support():
    # when
    found = of_labels(SEVERAL, NAMES, areas=True)

    # then
    expected = oracle.precision_recall_fscore_support(NUMBERS, SCORES.argmax(axis=1))
    got = [[one[key] for one in found["classes"]] for key in ("precision", "recall", "f1", "support")]
    np.testing.assert_allclose(got, expected)
    assert [one["label"] for one in found["classes"]] == NAMES
    assert found["confusion_matrix"] == oracle.confusion_matrix(NUMBERS, SCORES.argmax(axis=1)).tolist()
    assert [one["roc_auc"] for one in found["classes"]] == pytest.approx(
        oracle.roc_auc_score(np.eye(CLASSES)[NUMBERS], SCORES, average=None).tolist()
    )
    assert found["roc_auc"] == pytest.approx(np.mean([one["roc_auc"] for one in found["classes"]]))
    assert found["pr_auc"] == pytest.approx(np.mean([one["pr_auc"] for one in found["classes"]]))


def test_what_a_class_without_rows_has_not_is_none():
    # given rows of classes 0 and 1, of which none is said to be of class 2
    rows = Labeled.of(np.eye(3)[[0, 1, 1]], np.eye(3)[[0, 1, 0]], "classification")

    # when
    classes = of_labels(rows, ["a", "b", "c"], areas=True)["classes"]

    # then
    nothing = {"precision": None, "recall": None, "f1": None, "support": 0, "roc_auc": None, "pr_auc": None}
    assert classes[2] == {"label": "c", **nothing}
    assert (classes[0]["precision"], classes[0]["recall"]) == (0.5, 1.0)


def test_areas_are_left_out_where_nobody_asked_and_where_predictions_are_not_finite():
    # given
    scores = SCORES.copy()
    scores[0, 0] = np.nan
    broken = Labeled.of(np.eye(CLASSES)[NUMBERS], scores, "classification")

    # when / then
    for found in (of_labels(SEVERAL, NAMES, areas=False), of_labels(broken, NAMES, areas=True)):
        assert set(found) == {"classes", "confusion_matrix"}
        assert "roc_auc" not in found["classes"][0]
    assert curves(broken, NAMES) == []


def test_each_label_has_its_own_matrix():
    # given
    y, marks = (RNG.random((60, 3)) < 0.4).astype(np.float32), RNG.random((60, 3)).astype(np.float32)

    # when
    found = of_labels(Labeled.of(y, marks, "multi_label"), ["a", "b", "c"], areas=True)

    # then
    expected = oracle.precision_recall_fscore_support(y, marks > 0.5, zero_division=0)
    np.testing.assert_allclose(
        [[one[key] for one in found["classes"]] for key in ("precision", "recall", "f1", "support")], expected
    )
    matrices = oracle.multilabel_confusion_matrix(y, marks > 0.5)
    assert [one["confusion_matrix"] for one in found["classes"]] == matrices.tolist()
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(y, marks))


def test_a_matrix_of_very_many_classes_is_left_out():
    rows = Labeled.of(np.eye(101)[:5], np.eye(101)[:5], "classification")
    assert "confusion_matrix" not in of_labels(rows, [str(number) for number in range(101)], areas=False)


@pytest.mark.parametrize(("rows", "names", "most"), [(TWO, ["no", "yes"], 200), (SEVERAL, NAMES, 50)])
def test_curves_are_short_and_have_scikit_learns_areas(rows, names, most):
    # when
    found = curves(rows, names)

    # then
    assert [one["label"] for one in found] == (["yes"] if rows is TWO else NAMES)
    for one, (_, truth, scores) in zip(found, rows.against_the_rest(), strict=True):
        roc, against = one["roc"], one["precision_recall"]
        assert 20 < len(roc["false_positive_rate"]) <= most or rows is TWO
        assert len(against["recall"]) <= most
        area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
        assert area == pytest.approx(oracle.roc_auc_score(truth, scores), abs=0.005)
        below = -np.trapezoid(against["precision"], against["recall"])
        assert below == pytest.approx(oracle.average_precision_score(truth, scores), abs=0.02)
        assert (roc["false_positive_rate"][0], roc["true_positive_rate"][-1]) == (0.0, 1.0)
        assert (against["recall"][0], against["recall"][-1], against["precision"][-1]) == (1.0, 0.0, 1.0)


def test_twenty_classes_have_curves_of_some_kilobytes_and_more_have_none():
    # given
    numbers = RNG.integers(0, 21, 2000)
    scores = RNG.standard_normal((2000, 21))
    names = [f"class {number}" for number in range(21)]

    # when
    twenty = curves(Labeled.of(np.eye(20)[numbers % 20], scores[:, :20], "classification"), names)

    # then
    assert len(twenty) == 20
    assert len(json.dumps(twenty)) < 40_000
    assert curves(Labeled.of(np.eye(21)[numbers], scores, "classification"), names) == []


def test_each_target_has_its_own_units_and_residual_quantiles():
    # given two targets with standard deviations 10 and 1000
    y = RNG.standard_normal((ROWS, 2)).astype(np.float32)
    predictions = (y + RNG.standard_normal((ROWS, 2)) * 0.5).astype(np.float32)
    mean, std = np.array([5.0, 50.0]), np.array([10.0, 1000.0])
    truth, guess = y.astype(float) * std + mean, predictions.astype(float) * std + mean

    # when
    found = of_targets(Targets(y, predictions, mean, std), ["rent", "price"])["targets"]

    # then
    for number, one in enumerate(found):
        target, said = truth[:, number], guess[:, number]
        assert one["target"] == ("rent", "price")[number]
        assert one["r2"] == pytest.approx(oracle.r2_score(target, said), rel=1e-6)
        assert one["mae"] == pytest.approx(oracle.mean_absolute_error(target, said))
        assert one["rmse"] == pytest.approx(oracle.root_mean_squared_error(target, said))
        quantiles = np.quantile(said - target, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1))
        assert list(one["residuals"].values()) == pytest.approx(quantiles.tolist())


def test_targets_of_predictions_that_are_not_finite_have_no_numbers():
    rows = Targets(np.zeros((2, 1)), np.array([[0.0], [np.inf]]), 0.0, 1.0)
    nothing = {"r2": None, "mae": None, "rmse": None, "residuals": None}
    assert of_targets(rows, ["rent"]) == {"targets": [{"target": "rent", **nothing}]}
