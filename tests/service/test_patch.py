"""JSON Patch within bounds."""

import time

import pytest

from satnet.errors import BadRequest, InvalidSpec
from satnet.service.patch import MOST_CHARACTERS, MOST_OPERATIONS, apply_patch


def test_patch_is_applied_in_order():
    # given
    spec = {"layers": [{"units": 4}], "labels": {}}
    # when
    patched = apply_patch(
        spec,
        [
            {"op": "replace", "path": "/layers/0/units", "value": 5},
            {"op": "copy", "from": "/layers/0", "path": "/layers/1"},
            {"op": "remove", "path": "/labels"},
        ],
    )
    # then
    assert patched == {"layers": [{"units": 5}, {"units": 5}]}
    assert spec == {"layers": [{"units": 4}], "labels": {}}


def test_copies_that_double_the_document_are_refused_at_once():
    # given
    patch = [{"op": "add", "path": "/labels", "value": {}}]
    patch += [{"op": "copy", "from": "/labels", "path": f"/labels/a{number}"} for number in range(60)]
    # when
    began = time.process_time()
    with pytest.raises(InvalidSpec) as refused:
        apply_patch({}, patch)
    # then
    (error,) = refused.value.errors
    assert error.code == "limit"
    assert str(MOST_CHARACTERS) in error.detail
    assert time.process_time() - began < 1.0


def test_moving_a_large_value_again_and_again_is_no_growth():
    # given
    patch = [{"op": "move", "from": f"/a{number}", "path": f"/a{number + 1}"} for number in range(90)]
    # when
    patched = apply_patch({"a0": "x" * 100_000}, patch)
    # then
    assert patched == {"a90": "x" * 100_000}


def test_too_many_operations_are_refused():
    patch = [{"op": "test", "path": "/a", "value": 1}] * (MOST_OPERATIONS + 1)
    with pytest.raises(BadRequest, match="at most 100 operations are allowed, got 101"):
        apply_patch({"a": 1}, patch)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "copy", "path": "/a"},
        {"op": "copy", "from": 3, "path": "/a"},
        {"op": "copy", "from": "/none", "path": "/a"},
        {"op": "add", "path": 3, "value": 1},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "replace", "path": "/none/deeper", "value": 1},
        {"op": "grow", "path": "/a"},
        {"path": "/a"},
        {"op": "test", "path": "/a", "value": 2},
        {"op": ["add"], "path": "/a", "value": 2},
    ],
)
def test_operation_that_does_not_apply_is_named(operation):
    with pytest.raises(InvalidSpec) as refused:
        apply_patch({"a": 1, "list": [1]}, [{"op": "test", "path": "/a", "value": 1}, operation])
    assert refused.value.errors[0].pointer == "#/patch/1"


def test_patch_that_leaves_no_object_is_refused():
    with pytest.raises(InvalidSpec) as refused:
        apply_patch({"a": 1}, [{"op": "replace", "path": "", "value": 3}])
    assert refused.value.errors[0].code == "type"
