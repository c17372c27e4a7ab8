"""Which rows train, validate, test and are probed: row numbers, drawn from the spec's seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)

from satnet.errors import DataError
from satnet.spec import ExperimentSpec
from satnet.spec.datasets import Split
from satnet.training.seeds import PROBE, VALIDATION, rng_for

Array = NDArray[Any]
_TEST = 0.2  # share of the rows, or of the groups, that are test rows where the file does not say which are
TRAINING, VALIDATING, TESTING = range(3)  # parts that a column names


def parted(how: Split, parts: Array, seed: int) -> tuple[Array, Array]:
    """(training, test) row numbers by a column of a table; by time, both in the order of time. Raises DataError.

    `parts`: of each row TRAINING, VALIDATING or TESTING, the number of its group, or its rank in time.
    """
    rows = np.arange(len(parts))
    if how.column is not None:
        train, test = rows[parts != TESTING], rows[parts == TESTING]
        if not (parts == TRAINING).any() or not len(test):
            raise DataError(f"column {how.column!r} must say train in some rows and test in others")
        return train, test
    if how.group is not None:
        return _by_group(parts, _TEST, seed, how.group)
    order = np.argsort(parts, kind="stable")
    size = max(1, round(len(rows) * _TEST))
    return order[:-size], order[-size:]


def _by_group(groups: Array, share: float, seed: int, name: str) -> tuple[Array, Array]:
    if len(np.unique(groups)) < 2:
        raise DataError(f"all rows are of one group: column {name!r} cannot split them")
    splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
    train, test = next(splitter.split(groups, groups=groups))
    return train, test


def split(labels: Array, size: int, seed: int, *, stratified: bool) -> tuple[Array, Array]:
    """(training, test) row numbers, `size` of them for the test. Raises DataError."""
    try:
        return _drawn(labels, seed, stratified, test_size=size)
    except ValueError as error:
        raise DataError(f"the rows cannot be split into {len(labels) - size} and {size}: {error}") from error


def subset(labels: Array, size: int, seed: int, *, stratified: bool) -> Array:
    """`size` row numbers, fewer than there are. Raises DataError."""
    if size > len(labels):
        raise DataError(f"{size} rows were asked for, and there are {len(labels)}")
    return _drawn(labels, seed, stratified, train_size=size)[0]


def folds(
    spec: ExperimentSpec, labels: Array, parts: Array | None = None
) -> list[tuple[int | None, Array, Array | None]]:
    """(fold, training, validation) row numbers of each fold; one without cross-validation (fold None).

    Args:
        spec: with its seed drawn.
        labels: of the training rows: classes, or float targets.
        parts: what they are split by, as for `parted`; by time, the rows are in its order.

    Raises:
        DataError: they cannot be split so.
    """
    if spec.cross_validation is not None:
        return [(number, *pair) for number, pair in enumerate(_cross_validation(spec, labels, parts))]
    return [(None, *_validation(spec, labels, parts))]


def _cross_validation(spec: ExperimentSpec, labels: Array, parts: Array | None) -> list[tuple[Array, Array]]:
    validation, how = spec.cross_validation, spec.dataset.split
    if validation is None:
        return []
    everything, seed = np.arange(len(labels)), spec.rows_seed
    splitter: Any = KFold(validation.folds, shuffle=True, random_state=seed)
    if how is not None and how.time is not None:
        splitter = TimeSeriesSplit(validation.folds)
    elif how is not None and how.group is not None and parts is not None:
        splitter = GroupKFold(validation.folds, shuffle=True, random_state=seed)
        count = len(np.unique(parts))
        if count < validation.folds:
            raise DataError(f"the training rows are of {count} groups, too few for {validation.folds} folds")
    elif validation.stratified and _are_classes(labels):
        splitter = StratifiedKFold(validation.folds, shuffle=True, random_state=seed)
    groups = parts if how is not None and how.group is not None else None
    return list(splitter.split(everything, labels, groups))


def _validation(spec: ExperimentSpec, labels: Array, parts: Array | None) -> tuple[Array, Array | None]:
    everything, how, share = np.arange(len(labels)), spec.dataset.split, spec.dataset.validation_fraction
    if how is not None and how.column is not None and parts is not None and (parts == VALIDATING).any():
        return everything[parts == TRAINING], everything[parts == VALIDATING]
    if share == 0:
        return everything, None
    size = max(1, round(len(labels) * share))
    if how is not None and how.time is not None:
        return everything[:-size], everything[-size:]
    if how is not None and how.group is not None and parts is not None:
        return _by_group(parts, share, spec.rows_seed + VALIDATION, how.group)
    return _drawn(labels, spec.rows_seed + VALIDATION, _are_classes(labels), test_size=size)


def _are_classes(labels: Array) -> bool:
    return labels.dtype.kind != "f"


def probe_index(labels: Array, classes: int | None, size: int, seed: int) -> Array:
    """`size` training rows drawn once, stratified by class; all if there are fewer."""
    index = np.arange(len(labels))
    if size >= len(index):
        return index
    rng = rng_for(seed, PROBE)
    if classes is None:
        return np.sort(rng.permutation(index)[:size])
    order = rng.permutation(index)
    # Rank within its class, as a share of the class: the smallest shares are a proportional sample.
    share = np.empty(len(index))
    for label in np.unique(labels):
        members = order[labels[order] == label]
        share[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(np.argsort(share, kind="stable")[:size])


def _drawn(labels: Array, seed: int, stratified: bool, **size: int) -> tuple[Array, Array]:
    first, second = train_test_split(
        np.arange(len(labels)), random_state=seed, stratify=labels if stratified else None, **size
    )
    return first, second
