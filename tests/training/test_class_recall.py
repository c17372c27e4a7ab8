"""Recall by class, for one output and for several."""

import numpy as np
import pytest

from satnet.training.class_recall import class_recalls


def test_a_class_that_is_never_named_has_recall_0_however_good_the_accuracy():
    # given 2 of 20 rows in class 1, none recognized
    y = np.array([[1.0]] * 2 + [[0.0]] * 18)

    # when / then
    assert class_recalls(y, np.full((20, 1), 0.1), rarest=1) == (0.0, 0.5)


def test_recalls_of_several_classes_agree_with_scikit_learn():
    # given
    from sklearn.metrics import balanced_accuracy_score, recall_score

    rng = np.random.default_rng(0)
    truth, predictions = rng.integers(0, 4, 200), rng.random((200, 4))

    # when
    rarest, mean = class_recalls(np.eye(4)[truth], predictions, rarest=2)

    # then
    guess = predictions.argmax(axis=1)
    assert rarest == pytest.approx(recall_score(truth, guess, labels=[2], average="macro"))
    assert mean == pytest.approx(balanced_accuracy_score(truth, guess))


def test_a_class_without_rows_has_no_recall():
    # given rows of class 0 alone
    assert class_recalls(np.eye(3)[[0, 0]], np.eye(3)[[0, 1]], rarest=2) == (None, 0.5)
