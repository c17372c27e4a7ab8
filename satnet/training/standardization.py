"""Inputs centred and scaled with the statistics of the training rows alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Array = NDArray[Any]
_SMALL = tuple(np.dtype(name) for name in ("uint8", "int8", "uint16", "int16"))  # exact in float32


@dataclass(frozen=True)
class Standardization:
    """What is subtracted from inputs, what they are then divided by, and what to tell the user about them."""

    center: Any  # a float, or one for each feature
    scale: Any
    statistics: dict[str, Any]

    @classmethod
    def fit(cls, kind: str, x: Array, numeric: Array | None = None) -> "Standardization":
        """From the training inputs (rows, ...), in float64. `kind`: global, per_feature, minmax or none.

        `numeric`: which inputs of a table are numbers; its ones and zeros stay as they are. None: all are.
        """
        if numeric is not None and not numeric.all():
            return cls._of_numbers(kind, x, numeric)
        mean = float(x.mean(dtype=np.float64))
        statistics: dict[str, Any] = {
            "standardize": kind,
            "rows": len(x),
            "mean": mean,
            "std": float(_deviation(x, mean, None)),
            "min": float(x.min()),
            "max": float(x.max()),
        }
        if kind == "global":
            return cls(statistics["mean"], statistics["std"] or 1.0, statistics)
        if kind == "minmax":
            return cls(statistics["min"], (statistics["max"] - statistics["min"]) or 1.0, statistics)
        if kind == "per_feature":
            means = x.mean(axis=0, dtype=np.float64)
            std = _deviation(x, means, 0)
            return cls(means, np.where(std == 0, 1.0, std), statistics)
        return cls(0.0, 1.0, statistics)

    @classmethod
    def _of_numbers(cls, kind: str, x: Array, numeric: Array) -> "Standardization":
        if not numeric.any():
            return cls(0.0, 1.0, cls.fit("none", x).statistics | {"standardize": kind})
        own = cls.fit(kind, x[:, numeric])
        center, scale = np.zeros(len(numeric)), np.ones(len(numeric))
        center[numeric], scale[numeric] = own.center, own.scale
        return cls(center, scale, own.statistics)

    def apply(self, x: Array) -> Array:
        """Inputs as float32; those of a small integer type as they are, for `standardized`."""
        if x.dtype in _SMALL:
            return np.ascontiguousarray(x)
        ready = np.empty(x.shape, np.float32)
        for part in _blocks(len(x)):
            ready[part] = (x[part].astype(np.float64) - self.center) / self.scale
        return ready


def standardized(x: Any, scaling: tuple[Any, Any]) -> Any:
    """Small integers as the network wants them, in the program that reads them; floats come standardized."""
    if x.dtype.is_floating:
        return x
    center, scale = scaling
    return (tf.cast(x, tf.float32) - center) / scale


def standardized_rows(x: Array, scaling: tuple[Any, Any]) -> Array:
    """The same outside a program, in the same float32 arithmetic."""
    if x.dtype.kind == "f":
        return x
    return (x.astype(np.float32) - np.float32(scaling[0])) / np.asarray(scaling[1], np.float32)


def _blocks(rows: int) -> Iterator[slice]:
    """Parts of the rows, so that float64 copies stay small."""
    return (slice(start, start + 4096) for start in range(0, rows, 4096))


def _deviation(x: Array, mean: Any, axis: int | None) -> Any:
    """The standard deviation around `mean` in float64."""
    total: Any = sum(np.square(x[part].astype(np.float64) - mean).sum(axis=axis) for part in _blocks(len(x)))
    return np.sqrt(total / (len(x) if axis == 0 else x.size))
