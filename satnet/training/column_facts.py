"""Input columns compared with each other, and those of other rows with those of the training rows."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from satnet.records.schema import ColumnsRecord, ShiftRecord

Array = NDArray[Any]
Part = Literal["validation", "test"]
_MOST_ROWS, _MOST_VALUES = 20_000, 4_000_000  # looked at; more would tell nothing new
_RARELY = 0.9  # a column with one value in more of its rows hardly varies: a rare category, a border pixel
_FEWEST = 20  # rows whose mean and spread are worth comparing
_CHANCE = 5.0  # standard errors of a mean
_CHANCE_RATIO = 10.0  # over the root of the rows: how far the log of a ratio of quartiles strays at heavy tails


def sampled(x: Array, seed: int = 0) -> Array:
    """Rows of `x`, in order, as float64 (values, columns); the last axis of windows and images are the columns.

    All of them, or 20,000 drawn at random, and fewer where rows are large.
    """
    width = max(1, int(np.prod(x.shape[1:])))
    most = min(_MOST_ROWS, max(_FEWEST, _MOST_VALUES // width))
    if len(x) > most:
        x = x[np.sort(np.random.default_rng(seed).choice(len(x), most, replace=False))]
    return x.reshape(-1, x.shape[-1] if x.ndim > 1 else 1).astype(np.float64)


def name_of(column: int, names: Sequence[str] | None) -> str:
    """A column's name; its number from 0 where columns have no names."""
    known = names is not None and column < len(names)
    return (names[column] if known and names is not None else str(column))[:200]


def columns_record(x: Array, scale: Any, names: Sequence[str] | None) -> ColumnsRecord | None:
    """The columns that vary most and least; None for fewer than two that vary.

    Args:
        x: `sampled` training inputs.
        scale: what they were divided by, to give the spread before.
        names: of the columns.
    """
    factor = np.asarray(scale, np.float64)
    std = x.std(axis=0) * (factor if factor.ndim == 0 or factor.shape == (x.shape[1],) else 1.0)
    varying = np.flatnonzero(_varies(x) & (std > 0))
    if len(varying) < 2:
        return None
    smallest, largest = int(varying[std[varying].argmin()]), int(varying[std[varying].argmax()])
    return {
        "smallest_std": float(std[smallest]),
        "smallest": name_of(smallest, names),
        "largest_std": float(std[largest]),
        "largest": name_of(largest, names),
    }


def shift_record(train: Array, others: dict[Part, Array], names: Sequence[str] | None) -> ShiftRecord | None:
    """The largest shift of a column, or of all inputs together, that chance does not explain; None for too few rows.

    Args:
        train: `sampled` training inputs.
        others: `sampled` inputs of other rows.
        names: of the columns.
    """
    others = {part: x for part, x in others.items() if len(x) >= _FEWEST}
    if len(train) < _FEWEST or not others:
        return None
    shift: ShiftRecord = {
        "mean": 0.0,
        "mean_column": None,
        "mean_rows": None,
        "std_ratio": 1.0,
        "std_column": None,
        "std_rows": None,
    }
    for part, x in others.items():
        for single in (True, False):
            one, other = (train, x) if single else (train.reshape(-1, 1), x.reshape(-1, 1))
            named = (lambda column: name_of(column, names)) if single else (lambda _: None)
            means, ratios = _mean_shift(one, other), _std_ratio(one, other)
            worst, widest = int(means.argmax()), int(ratios.argmax())
            if means[worst] > float(shift["mean"] or 0.0):
                shift["mean"], shift["mean_column"], shift["mean_rows"] = float(means[worst]), named(worst), part
            if ratios[widest] > float(shift["std_ratio"] or 1.0):
                shift["std_ratio"], shift["std_column"], shift["std_rows"] = float(ratios[widest]), named(widest), part
    return shift


def _varies(x: Array) -> Array:
    """Which columns are not the same in nearly all rows: what is true of a rare value says little of a column."""
    return np.asarray((x == np.median(x, axis=0)).mean(axis=0) <= _RARELY)


def _mean_shift(train: Array, other: Array) -> Array:
    """Of each column in standard deviations of `train`; 0 where it varies in neither, or where chance explains it."""
    std, difference = train.std(axis=0), np.abs(other.mean(axis=0) - train.mean(axis=0))
    error = np.sqrt(std**2 / len(train) + other.var(axis=0) / len(other))
    counts = (std > 0) & (_varies(train) | _varies(other)) & (difference > _CHANCE * error)
    return np.where(counts, difference / np.where(std > 0, std, 1.0), 0.0)


def _std_ratio(train: Array, other: Array) -> Array:
    """Of the larger to the smaller, by standard deviation or by the middle half of the values, whichever says less.

    1 where chance explains it. A single outlier makes a standard deviation large and leaves the quartiles alone.
    """
    by_std = _ratio(train.std(axis=0), other.std(axis=0))
    quartiles = [np.quantile(x, [0.25, 0.75], axis=0) for x in (train, other)]
    by_quartile = _ratio(*(upper - lower for lower, upper in quartiles))
    ratio, chance = np.minimum(by_std, by_quartile), np.sqrt(1.0 / len(train) + 1.0 / len(other))
    return np.where(np.log(ratio) > _CHANCE_RATIO * chance, ratio, 1.0)


def _ratio(one: Array, other: Array) -> Array:
    """The larger over the smaller; 1 where either is 0."""
    some = (one > 0) & (other > 0)
    ratio = np.where(some, one, 1.0) / np.where(some, other, 1.0)
    return np.maximum(ratio, 1.0 / ratio)
