"""Which rows train, validate, test and are probed: row numbers, drawn from the spec's seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from satnet.errors import DataError
from satnet.spec import ExperimentSpec
from satnet.training.seeds import PROBE, VALIDATION, rng_for

Array = NDArray[Any]


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


def folds(spec: ExperimentSpec, labels: Array) -> list[tuple[int | None, Array, Array | None]]:
    """(fold, training, validation) row numbers of each fold; one without cross-validation (fold None)."""
    seed, everything = spec.rows_seed, np.arange(len(labels))
    classes = labels.dtype.kind != "f"
    validation = spec.cross_validation
    if validation is not None:
        splitter = StratifiedKFold if validation.stratified and classes else KFold
        pairs = splitter(validation.folds, shuffle=True, random_state=seed).split(everything, labels)
        return [(number, *pair) for number, pair in enumerate(pairs)]
    if spec.dataset.validation_fraction > 0:
        size = max(1, round(len(labels) * spec.dataset.validation_fraction))
        return [(None, *_drawn(labels, seed + VALIDATION, classes, test_size=size))]
    return [(None, everything, None)]


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
