"""Points of a sweep: values by JSON pointer (several, separated by commas, for one value at several places)."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TypeGuard

import jsonpointer
from pydantic import JsonValue

from satnet.records.schema import Parameters
from satnet.spec import parse_spec
from satnet.sweeps.axis import Axis


def is_labelled(value: JsonValue) -> TypeGuard[dict[str, JsonValue]]:
    """Whether a choice is {"label": its name in tables, "value": what is set}."""
    return isinstance(value, dict) and set(value) == {"label", "value"}


def shown(value: JsonValue) -> JsonValue:
    """How tables show a value: its label, its name, or itself."""
    if is_labelled(value):
        return value["label"]
    if isinstance(value, dict) and "name" in value:
        rest = ", ".join(f"{key}={value[key]}" for key in value if key != "name")
        return f"{value['name']}({rest})" if rest else value["name"]
    return json.dumps(value) if isinstance(value, list | dict) else value


def grid(axes: Mapping[str, Axis]) -> Iterator[Parameters]:
    """Every combination, the last axis fastest."""
    for values in itertools.product(*(axis.choices or [] for axis in axes.values())):
        yield dict(zip(axes, values, strict=True))


def put(base: Mapping[str, JsonValue], parameters: Parameters) -> dict[str, JsonValue]:
    """`base` with each value at its place; shorter pointers first, so that parts of a replaced object can be set.

    Raises:
        LookupError, ValueError, TypeError: there is no such place.
    """
    changed = copy.deepcopy(dict(base))
    places = [
        (pointer, value["value"] if is_labelled(value) else value)
        for pointers, value in parameters.items()
        for pointer in pointers.split(",")
    ]
    for pointer, value in sorted(places, key=lambda pair: pair[0].count("/")):
        _put_one(changed, pointer, copy.deepcopy(value))
    return changed


def _put_one(changed: dict[str, JsonValue], pointer: str, value: JsonValue) -> None:
    *parents, last = [str(jsonpointer.unescape(part)) for part in pointer.split("/")[1:]]
    place: JsonValue = changed
    for depth, part in enumerate(parents):
        if isinstance(place, list):
            index = _index(place, part)
            place[index] = inner = _as_object(place[index])
        elif isinstance(place, dict):
            if place.get(part) is None:
                place[part] = _default(changed, parents[: depth + 1])
            place[part] = inner = _as_object(place[part])
        else:
            raise TypeError(f"{pointer}: {place!r} has no fields")
        place = inner
    if isinstance(place, list):
        place[_index(place, last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise TypeError(f"{pointer}: {place!r} has no fields")


def _as_object(value: JsonValue) -> JsonValue:
    """A name stands for an object with that name."""
    return {"name": value} if isinstance(value, str) else value


def _index(place: list[JsonValue], part: str) -> int:
    if not part.isdecimal() or int(part) >= len(place):
        raise LookupError(f"expected an index from 0 to {len(place) - 1}, got {part}")
    return int(part)


def _default(base: Mapping[str, JsonValue], path: list[str]) -> JsonValue:
    """The value of a place that was left out, in the completed spec."""
    completed = parse_spec(dict(base)).to_json()
    value: JsonValue = jsonpointer.JsonPointer.from_parts(path).resolve(completed, None)
    return value if value is not None else {}
