"""Points of a sweep: values by JSON pointer (several, separated by commas, for one value at several places)."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from satnet.spec import parse_spec


def choices(axis: Any) -> list[Any] | None:
    """The values that an axis lists, or its whole numbers; None where there are infinitely many."""
    if axis.choice is not None:
        return list(axis.choice)
    if axis.integer is not None:
        return list(range(axis.integer[0], axis.integer[1] + 1))
    return None


def labelled(value: Any) -> bool:
    """Whether a choice is {"label": what tables call it, "value": what is put}."""
    return isinstance(value, Mapping) and set(value) == {"label", "value"}


def shown(value: Any) -> Any:
    """What tables call a value: its label, its name, or itself."""
    if labelled(value):
        return value["label"]
    if isinstance(value, Mapping) and "name" in value:
        rest = ", ".join(f"{key}={value[key]}" for key in value if key != "name")
        return f"{value['name']}({rest})" if rest else value["name"]
    return json.dumps(value) if isinstance(value, list | dict) else value


def grid(axes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every combination, the last axis fastest."""
    listed = [choices(axis) or [] for axis in axes.values()]
    for values in itertools.product(*listed):
        yield dict(zip(axes, values, strict=True))


def put(base: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with each value at its place; shorter pointers first, so that parts of a replaced object can be set.

    Raises:
        LookupError, ValueError, TypeError: there is no such place.
    """
    changed = copy.deepcopy(dict(base))
    places = [
        (pointer, value["value"] if labelled(value) else value)
        for pointers, value in parameters.items()
        for pointer in pointers.split(",")
    ]
    for pointer, value in sorted(places, key=lambda pair: pair[0].count("/")):
        _put_one(changed, pointer, copy.deepcopy(value))
    return changed


def _put_one(changed: dict[str, Any], pointer: str, value: Any) -> None:
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    place: Any = changed
    for depth, part in enumerate(parents):
        key: Any = _index(place, part) if isinstance(place, list) else part
        if isinstance(place, dict) and place.get(part) is None:
            place[part] = _default(changed, parents[: depth + 1])
        if isinstance(place[key], str):  # a name stands for an object with that name
            place[key] = {"name": place[key]}
        place = place[key]
    if isinstance(place, list):
        place[_index(place, last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise TypeError(f"{pointer} leads into {place!r}")


def _index(place: list[Any], part: str) -> int:
    if not part.isdecimal() or int(part) >= len(place):
        raise LookupError(f"a list of {len(place)} has places 0 to {len(place) - 1}, got {part}")
    return int(part)


def _default(base: Mapping[str, Any], path: list[str]) -> Any:
    """What the completed spec has at a place that was left out."""
    found: Any = parse_spec(base).to_json()
    for part in path:
        found = found[int(part)] if isinstance(found, list) else found.get(part)
    return found if found is not None else {}
