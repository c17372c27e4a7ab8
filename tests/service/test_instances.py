"""Rows to predict are numbers in rows of one shape."""

import pytest

from satnet.errors import BadRequest
from satnet.service.instances import MOST_AXES, checked_instances, require_numbers


def nested(levels):
    value = 1.0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/instances"),
        ({"instances": []}, "#/instances"),
        ({"instances": {"0": [1]}}, "#/instances"),
        ({"instances": "1,2"}, "#/instances"),
        ({"instances": [[1, 2]], "a/b": 1}, "#/a~1b"),
        ({"instances": [[1, 2], [3]]}, "#/instances/1"),
        ({"instances": [[1, 2], [3, "4"]]}, "#/instances/1/1"),
        ({"instances": [[1, None]]}, "#/instances/0/1"),
        ({"instances": [[True, 1]]}, "#/instances/0/0"),
        ({"instances": [1, [2]]}, "#/instances/1"),
        ({"instances": [[[1], [2]], [[3], 4]]}, "#/instances/1/1"),
        ({"instances": nested(MOST_AXES + 1)}, "#/instances"),
    ],
)
def test_anything_but_rows_of_numbers_is_refused_with_its_place(body, pointer):
    # when
    with pytest.raises(BadRequest) as refused:
        require_numbers(checked_instances(body))

    # then
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize("instances", [[[1, 2.5], [-3, 0]], [1, 2], nested(MOST_AXES), [[[1, 2], [3, 4]]]])
def test_rows_of_one_shape_pass(instances):
    # when / then
    assert checked_instances({"instances": instances}) is instances


@pytest.mark.parametrize(
    "instances", [[[1, "Ulm", None, True], [2, None, "x", False]], [{"age": 1, "city": "Ulm"}, {"age": None}]]
)
def test_rows_of_a_table_hold_texts_booleans_and_nulls(instances):
    # when / then
    assert checked_instances({"instances": instances}) is instances


@pytest.mark.parametrize(
    ("instances", "pointer"),
    [
        ([{"age": 1}, [1]], "#/instances/1"),
        ([{"age": 1}, {"a/b": [1]}], "#/instances/1/a~1b"),
        ([[1, "x"], {"age": 1}], "#/instances/1"),
        ([[1, {}]], "#/instances/0/1"),
    ],
)
def test_cells_and_rows_of_other_kinds_are_refused(instances, pointer):
    # when
    with pytest.raises(BadRequest) as refused:
        checked_instances({"instances": instances})

    # then
    assert [error.pointer for error in refused.value.errors] == [pointer]
