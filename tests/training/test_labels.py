"""Labels for the losses, from the service's datasets and from anybody's arrays."""

import numpy as np
import pytest

from satnet.errors import DataError
from satnet.training.labels import encode_classes, encode_targets, recognize_labels


def test_classes_are_a_column_for_one_output_and_one_hot_for_more():
    y = np.array([1, 0])
    assert encode_classes(y, 1).tolist() == [[1.0], [0.0]]
    assert encode_classes(y, 3).tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]


def test_a_class_without_an_output_is_refused():
    with pytest.raises(DataError, match="labels run from 0 to 5, but the network has 3 outputs"):
        encode_classes(np.array([0, 5]), 3)


def test_targets_are_standardized():
    assert encode_targets(np.array([10.0, 30.0]), 20.0, 10.0).tolist() == [[-1.0], [1.0]]


@pytest.mark.parametrize(
    ("y", "loss", "outputs", "encoded", "labels", "classes"),
    [
        ([1, 0], "categorical_crossentropy", 2, [[0, 1], [1, 0]], [1, 0], 2),
        ([[0, 1], [1, 0]], "categorical_crossentropy", 2, [[0, 1], [1, 0]], [1, 0], 2),
        ([1, 0], "binary_crossentropy", 1, [[1], [0]], [1, 0], 2),
        ([1.5, 2.5], "mean_squared_error", 1, [[1.5], [2.5]], [1.5, 2.5], None),
    ],
    ids=["numbers", "one-hot", "binary", "regression"],
)
def test_labels_of_a_fit_are_recognized(y, loss, outputs, encoded, labels, classes):
    # when
    found = recognize_labels(np.array(y), loss, outputs)

    # then
    assert (found[0].tolist(), found[1].tolist(), found[2]) == (encoded, labels, classes)
    assert found[0].dtype == np.float32
