"""What epoch 0 tells of the rows: computed once of each fold's data, from a sample where there are many rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.records.schema import ClassesRecord, DataRecord, TargetsRecord
from satnet.spec.activation_traits import Given, traits
from satnet.spec.datasets import Task
from satnet.training.column_facts import Part, columns_record, name_of, sampled, shift_record

Array = NDArray[Any]
_MOST_NAMED = 10
_TOLERANCE = 1e-6


def data_record(
    x: Array,
    y: Array,
    labels: Array,
    *,
    task: Task,
    classes: int | None,
    others: Mapping[Part, tuple[Array, Array]],
    target_mean: Any = 0.0,
    target_std: Any = 1.0,
    scale: Any = 1.0,
    column_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> DataRecord:
    """The facts that the rules on data need; `unreachable` is left to `with_reach`.

    Args:
        x: training inputs (rows, ...).
        y: their labels as the loss gets them, (rows, outputs).
        labels: the class of each row, or its target.
        task: what is learned.
        classes: how many there are; None for other tasks.
        others: inputs and labels of validation and test rows.
        target_mean: what was subtracted from a regression's targets.
        target_std: what they were then divided by.
        scale: what the inputs were divided by.
        column_names: of the inputs.
        class_names: in the order of their numbers.
    """
    inputs = [x, *(rows for rows, _ in others.values())]
    bad, where = _non_finite(inputs, column_names)
    bad_targets = sum(int(one.size - np.isfinite(one).sum()) for one in [y, *(one for _, one in others.values())])
    train = None if bad else sampled(x)
    runs, z = (None, None) if bad_targets else label_runs(labels, of_classes=classes is not None)
    return {
        "task": task,
        "rows": len(x),
        "outputs": int(y.shape[-1]),
        "classes": None if classes is None else classes_record(labels, classes, class_names),
        "targets": None if classes is not None or bad_targets else _targets(y, target_mean, target_std),
        "label_low": None if bad_targets else float(y.min()),
        "label_high": None if bad_targets else float(y.max()),
        "unreachable": None,
        "label_runs": runs,
        "label_runs_z": z,
        "columns": None if train is None else columns_record(train, scale, column_names),
        "shift": None
        if train is None
        else shift_record(train, {part: sampled(rows) for part, (rows, _) in others.items()}, column_names),
        "non_finite_inputs": bad,
        "non_finite_columns": where,
        "non_finite_targets": bad_targets,
    }


def with_reach(record: DataRecord, y: Array, activation: str, parameters: Given) -> DataRecord:
    """The record with the share of `y` that an output activation cannot reach."""
    low, high = traits(activation).reach(parameters)
    share = float(((y < low - _TOLERANCE) | (y > high + _TOLERANCE)).mean())
    return {**record, "unreachable": share}


def classes_record(labels: Array, classes: int, names: Sequence[str] | None = None) -> ClassesRecord:
    """Shares of the classes among the training rows, of which some may have none."""
    numbers = labels.astype(np.int64)
    counts = np.bincount(numbers[numbers >= 0], minlength=classes)
    shares = counts / max(1, counts.sum())
    rarest = rarest_class(labels, classes)
    held = shares[shares > 0]
    return {
        "count": len(counts),
        "rarest": name_of(rarest, names),
        "rarest_share": float(shares[rarest]),
        "largest_share": float(shares.max()),
        "entropy": float(-(held * np.log(held)).sum()),
    }


def rarest_class(labels: Array, classes: int) -> int:
    """The class with the fewest training rows, of those that have any."""
    numbers = labels.astype(np.int64)
    counts = np.bincount(numbers[numbers >= 0], minlength=classes)
    return int(np.where(counts > 0, counts, counts.max() + 1).argmin())


def label_runs(labels: Array, *, of_classes: bool) -> tuple[float | None, float | None]:
    """Runs of equal labels in order over those expected of shuffled rows, and in standard deviations of them.

    The runs test of Wald and Wolfowitz (1940); targets count as above or below their median. Expectation and variance
    for more than two classes: Barton and David (1957). None where all labels are the same.
    """
    if not of_classes:
        middle = np.median(labels)
        labels = labels[labels != middle] > middle
    n = len(labels)
    counts = np.unique(labels, return_counts=True)[1].astype(np.float64)
    if len(counts) < 2 or n < 3:
        return None, None
    squares, cubes = float((counts**2).sum()), float((counts**3).sum())
    expected = (n * (n + 1.0) - squares) / n
    variance = (squares * (squares + n * (n + 1.0)) - 2.0 * n * cubes - float(n) ** 3) / (n**2 * (n - 1.0))
    runs = 1 + int((labels[1:] != labels[:-1]).sum())
    return runs / expected, (runs - expected) / variance**0.5 if variance > 0 else None


def _targets(y: Array, mean: Any, std: Any) -> TargetsRecord:
    """In their own units, and as the network is trained on them."""
    own = y.astype(np.float64) * std + mean
    return {
        "mean": float(own.mean()),
        "std": float(own.std()),
        "low": float(own.min()),
        "high": float(own.max()),
        "trained_mean": float(y.mean(dtype=np.float64)),
        "trained_std": float(y.std(dtype=np.float64)),
        "trained_low": float(y.min()),
        "trained_high": float(y.max()),
    }


def _non_finite(inputs: Sequence[Array], names: Sequence[str] | None) -> tuple[int, str | None]:
    """How many inputs are not finite, and in which columns."""
    counts: Array = np.zeros(1, np.int64)
    for x in inputs:
        if x.dtype.kind == "f" and not np.isfinite(x.sum(dtype=np.float64)):
            counts = counts + (~np.isfinite(x)).reshape(-1, x.shape[-1] if x.ndim > 1 else 1).sum(axis=0)
    total = int(counts.sum())
    if not total:
        return 0, None
    worst = [column for column in np.argsort(-counts, kind="stable")[:_MOST_NAMED] if counts[column]]
    return total, ", ".join(f"{name_of(int(column), names)} ({counts[column]:,})" for column in worst)[:200]
