"""A table's encoding as Keras layers, so that a saved model takes the columns as they are in the file."""

from typing import Any

import keras
import numpy as np
from keras import ops

from satnet.training.tables import Encoder

_EMPTY, _UNKNOWN, _KNOWN = range(3)  # what a StringLookup with a mask gives: 0, 1, and from 2 on the categories


def input_names(columns: list[str]) -> list[str]:
    """A name of Keras for each column: its own, but for slashes, which Keras does not allow."""
    names: list[str] = []
    for column in columns:
        name = column.replace("/", "_") or "column"
        while name in names:
            name += "_"
        names.append(name)
    return names


def empty_text(categories: tuple[str, ...]) -> str:
    """What stands for an empty cell among these categories: the empty text, unless that is one of them."""
    return next(text for text in ("", "<missing>", "<missing value>") if text not in categories)


def table_inputs(encoder: Encoder) -> tuple[dict[str, Any], Any]:
    """Keras's inputs by name, each (rows, 1), and the network's inputs before they are standardized."""
    plan = encoder.plan
    names = input_names([column.name for column in plan.columns])
    inputs = {
        name: keras.Input((1,), name=name, dtype="string" if column.kind == "categories" else "float32")
        for name, column in zip(names, plan.columns, strict=True)
    }
    filled = plan.missing not in ("refuse", "drop")
    fills = [fill if filled else None for fill in encoder.filled()]
    tensors = [inputs[name] for name in names]
    empty: dict[int, Any] = {}
    parts = _numbers(encoder, tensors, fills, empty)
    for place, column in enumerate(plan.columns):
        if column.kind == "categories":
            parts.append(_categories(tensors[place], column.categories, fills[place], empty, place))
    marked = [ops.cast(empty[place], "float32") for place, column in enumerate(plan.columns) if column.indicator]
    ready = _joined(parts + marked)
    if not np.array_equal(encoder.order, np.arange(len(encoder.order))):
        ready = ops.take(ready, [int(place) for place in encoder.order], axis=1)
    if not encoder.present.all():
        ready = keras.layers.Rescaling([float(one) for one in encoder.present], name="seen_in_training")(ready)
    return inputs, ready


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)


def _numbers(encoder: Encoder, tensors: list[Any], fills: list[float | None], empty: dict[int, Any]) -> list[Any]:
    """All numbers side by side, filled where they are empty; notes in `empty` which are, (rows, 1) each."""
    places = [place for place, column in enumerate(encoder.plan.columns) if column.kind == "number"]
    if not places:
        return []
    values = _joined([tensors[place] for place in places])
    missing = ops.isnan(values)
    for number, place in enumerate(places):
        if encoder.plan.columns[place].indicator:
            empty[place] = ops.take(missing, [number], axis=1)
    known = [fills[place] for place in places]
    if all(fill is None for fill in known):
        return [values]
    filling = keras.layers.Rescaling([float(fill or 0.0) for fill in known], name="where_empty")
    return [ops.where(missing, 0.0, values) + filling(ops.cast(missing, "float32"))]


def _categories(tensor: Any, categories: tuple[str, ...], fill: float | None, empty: dict[int, Any], place: int) -> Any:
    """One input a category; all zeros for an unknown one."""
    lookup = keras.layers.StringLookup(vocabulary=list(categories), mask_token=empty_text(categories))
    found = lookup(tensor)
    missing = ops.equal(found, _EMPTY)
    empty[place] = missing
    if fill is not None:
        found = ops.where(missing, int(fill) + _KNOWN, found)
    return ops.reshape(ops.one_hot(found - _KNOWN, len(categories)), (-1, len(categories)))
