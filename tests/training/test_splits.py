"""Which rows train, validate and are probed."""

import numpy as np
import pytest

from satnet.errors import DataError
from satnet.training.splits import probe_index, split, subset

CLASSES = np.repeat([0, 1, 2], [60, 30, 10])


def test_a_split_parts_all_rows_and_keeps_the_share_of_each_class():
    # when
    train, test = split(CLASSES, 20, 7, stratified=True)

    # then
    assert sorted([*train, *test]) == list(range(100))
    assert np.bincount(CLASSES[test]).tolist() == [12, 6, 2]


def test_a_split_that_leaves_a_class_without_rows_is_refused():
    with pytest.raises(DataError, match="cannot be split into 98 and 2"):
        split(CLASSES, 2, 7, stratified=True)


def test_more_rows_than_there_are_are_refused():
    with pytest.raises(DataError, match="101 rows were asked for, and there are 100"):
        subset(CLASSES, 101, 7, stratified=False)


@pytest.mark.parametrize(("classes", "expected"), [(3, [12, 6, 2]), (None, None)])
def test_probed_rows_are_in_order_without_repetition_and_stratified_where_there_are_classes(classes, expected):
    # when
    index = probe_index(CLASSES, classes, 20, 7)

    # then
    assert sorted(set(index)) == list(index)
    assert len(index) == 20
    assert np.array_equal(index, probe_index(CLASSES, classes, 20, 7))
    if expected is not None:
        assert np.bincount(CLASSES[index]).tolist() == expected


def test_all_rows_are_probed_where_there_are_fewer():
    assert probe_index(CLASSES, 3, 1024, 7).tolist() == list(range(100))
