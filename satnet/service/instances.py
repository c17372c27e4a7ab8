"""The rows that a prediction is asked for, checked before a worker sees them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from satnet.errors import BadRequest, FieldError

_Require = Callable[[Any, list[str | int]], None]
MOST_AXES = 8  # of the instances together: rows of images have four


def checked_instances(body: Mapping[str, Any]) -> list[Any]:
    """`instances` of a body: rows of one shape, of numbers, or a table's rows as lists or objects by column name.

    Raises:
        BadRequest: with a pointer to the first place that is something else.
    """
    if unknown := sorted(set(body) - {"instances"}):
        raise _refused([unknown[0]], "there is no such field; allowed: instances", body[unknown[0]])
    instances = body.get("instances")
    if not isinstance(instances, list) or not instances:
        raise _refused(["instances"], "a list of rows that is not empty is needed", instances)
    if isinstance(instances[0], dict):
        _check_objects(instances)
    else:
        _check(instances, _shape(instances), ["instances"], _require_cell)
    return instances


def require_numbers(instances: Sequence[Any]) -> None:
    """Raise BadRequest with a pointer to the first place that is no number, or in a row of another shape."""
    _check(list(instances), _shape(list(instances)), ["instances"], _require_number)


def _require_number(value: Any, place: list[str | int]) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(place, "a number is needed, in rows of one shape", value)


def _require_cell(value: Any, place: list[str | int]) -> None:
    if isinstance(value, list | dict):
        raise _refused(place, "a number, a text, a boolean or null is needed, in rows of one shape", value)


def _check_objects(instances: list[Any]) -> None:
    for number, one in enumerate(instances):
        if not isinstance(one, dict):
            raise _refused(["instances", number], "an object by column name is needed, as in the first row", one)
        for name, value in one.items():
            _require_cell(value, ["instances", number, name])


def _shape(value: Any) -> tuple[int, ...]:
    """The shape that every row has to have: that of the first elements."""
    shape: list[int] = []
    while isinstance(value, list):
        if len(shape) == MOST_AXES:
            raise _refused(["instances"], f"at most {MOST_AXES} levels of lists are allowed")
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _check(value: Any, shape: tuple[int, ...], place: list[str | int], require: _Require) -> None:
    if not shape:
        require(value, place)
        return
    if not isinstance(value, list) or len(value) != shape[0]:
        raise _refused(place, f"a list of length {shape[0]} is needed, as in the first row", value)
    for number, one in enumerate(value):
        _check(one, shape[1:], [*place, number], require)


def _refused(place: list[str | int], detail: str, got: object = None) -> BadRequest:
    pointer = "#/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return BadRequest(f"{pointer}: {detail}", [FieldError(pointer, detail, "invalid_instances", got)])
