"""How good predictions are: scikit-learn's numbers, and None where there is none."""

import numpy as np
import pytest

from satnet.training.quality import quality


def test_r2_and_error_are_in_the_targets_units():
    # given targets that were divided by 10
    y, predictions = np.array([[0.0], [1.0], [2.0]], np.float32), np.array([[0.0], [1.0], [3.0]], np.float32)

    # when
    found = quality(y, predictions, classes=None, target_std=10.0)

    # then
    assert found == {"r2": 0.5, "root_mean_squared_error": pytest.approx(10 / np.sqrt(3))}


def test_r2_of_several_targets_is_that_of_all_their_variance():
    # given a target with a hundred times the other's variance, and no error in it
    y = np.array([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
    predictions = y + np.array([1.0, 0.0])

    # when / then
    assert quality(y, predictions, classes=None, target_std=1.0)["r2"] == pytest.approx(1 - 3 / (2 + 200))


def test_a_constant_target_has_no_r2():
    y = np.ones((3, 1))
    assert quality(y, y + 1, classes=None, target_std=2.0) == {"r2": None, "root_mean_squared_error": 2.0}


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_predictions_that_are_not_finite_have_no_quality(wrong):
    y, predictions = np.array([[0.0], [1.0]]), np.array([[0.0], [wrong]])
    found = quality(y, predictions, classes=None, target_std=1.0)
    assert found == {"r2": None, "root_mean_squared_error": None}


def test_rows_of_the_confusion_matrix_are_the_true_classes_whether_or_not_they_occur():
    # given
    y = np.eye(3)[[0, 0, 1]]
    predictions = np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7], [0.0, 1.0, 0.0]])

    # when / then
    assert quality(y, predictions, classes=3, target_std=1.0) == {"confusion_matrix": [[1, 0, 1], [0, 1, 0], [0, 0, 0]]}


def test_one_output_divides_two_classes_at_a_half():
    y, predictions = np.array([[0.0], [1.0], [1.0]]), np.array([[0.2], [0.4], [0.9]])
    assert quality(y, predictions, classes=2, target_std=1.0) == {"confusion_matrix": [[1, 0], [1, 1]]}
