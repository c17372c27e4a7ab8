"""Rows ready to train on: split, standardized on the training rows alone, labels as the loss wants them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from satnet.errors import DataError
from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS
from satnet.training import sources
from satnet.training.sources import Array

_SMALL = tuple(np.dtype(name) for name in ("uint8", "int8", "uint16", "int16"))  # exact in float32


@dataclass(frozen=True)
class Rows:
    """Inputs (rows, ...) of any number type and labels: int64 classes, or float64 targets."""

    x: Array
    y: Array

    def take(self, index: Array) -> "Rows":
        """The rows at `index`."""
        return Rows(self.x[index], self.y[index])

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Data:
    """One fold's rows as tensors-to-be: y float32 (rows, outputs), x float32 and standardized.

    Inputs of a small integer type stay as they are, four times smaller; the programs standardize them by `scaling`.
    """

    train: Rows
    validation: Rows
    test: Rows
    labels: Array  # class of each training row (classification), or its target
    classes: int | None
    target_mean: float
    target_std: float
    center: Any  # subtracted from the raw inputs
    scale: Any  # what they are then divided by
    statistics: dict[str, Any]

    @property
    def scaling(self) -> tuple[Any, Any]:
        """What is subtracted from integer inputs, and what they are then divided by."""
        return self.center, self.scale

    @cached_property
    def on_device(self) -> tuple[Any, Any]:
        """The training rows as tensors, copied once."""
        return tf.constant(self.train.x), tf.constant(self.train.y)

    def probed(self, index: Array) -> Rows:
        """The training rows at `index`, float32 and standardized."""
        x, y = self.train.x[index], self.train.y[index]
        if x.dtype.kind != "f":  # the float32 arithmetic of the compiled programs
            x = (x.astype(np.float32) - np.float32(self.center)) / np.asarray(self.scale, np.float32)
        return Rows(x, y)

    @property
    def size(self) -> int:
        """Bytes of its arrays, and of their copies on the device."""
        parts = [*vars(self.train).values()] * 2 + [*vars(self.validation).values(), *vars(self.test).values()]
        return sum(part.nbytes for part in parts)


def rng_for(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """A generator that depends on the seed and on what it is for, not on what ran before."""
    return np.random.default_rng([seed, purpose, *more])


def load_rows(spec: ExperimentSpec, data_dir: Path) -> tuple[Rows, Rows]:
    """The training rows and the test rows of the spec's dataset. Raises DataError."""
    dataset, seed = spec.dataset, spec.rows_seed
    train, test = _source(dataset, seed, data_dir)
    regression = dataset.is_regression or train.y.dtype.kind == "f"
    train = _first(train, dataset.train_size, seed, 2, regression)
    return train, _first(test, dataset.test_size, seed, 3, regression)


def _source(dataset: Any, seed: int, data_dir: Path) -> tuple[Rows, Rows]:
    if getattr(dataset, "path", None):
        split = sources.read_npz(Path(dataset.path))
        return Rows(split[0], split[1]), Rows(split[2], split[3])
    info = dataset_info(dataset)
    if info is None or dataset.name not in sources.SOURCES:
        raise DataError(f"dataset {dataset.name!r} is not known to this worker")
    arrays = sources.SOURCES[dataset.name](sources.Order(dataset, rng_for(seed, 1), data_dir))
    if len(arrays) == 4:
        return Rows(arrays[0], arrays[1].reshape(-1)), Rows(arrays[2], arrays[3].reshape(-1))
    return _split(Rows(*arrays), info.test_rows, seed, not DATASETS[dataset.name].stratified)


def _split(rows: Rows, second: int, seed: int, unstratified: bool) -> tuple[Rows, Rows]:
    index = np.arange(len(rows))
    try:
        first, rest = train_test_split(
            index, test_size=second, random_state=seed, stratify=None if unstratified else rows.y
        )
    except ValueError as error:
        raise DataError(f"the rows cannot be split into {len(rows) - second} and {second}: {error}") from error
    return rows.take(first), rows.take(rest)


def _first(rows: Rows, size: int | None, seed: int, purpose: int, unstratified: bool) -> Rows:
    if size is None or size == len(rows):
        return rows
    if size > len(rows):
        raise DataError(f"{size} rows were asked for, and there are {len(rows)}")
    index = np.arange(len(rows))
    kept, _ = train_test_split(
        index, train_size=size, random_state=seed + purpose, stratify=None if unstratified else rows.y
    )
    return rows.take(kept)


def folds(spec: ExperimentSpec, train: Rows) -> list[tuple[int | None, Array, Array | None]]:
    """(fold, training index, validation index) of each fold; one without cross-validation (fold None)."""
    seed, everything = spec.rows_seed, np.arange(len(train))
    regression = train.y.dtype.kind == "f"
    validation = spec.cross_validation
    if validation is not None:
        stratified = validation.stratified and not regression
        splitter = (StratifiedKFold if stratified else KFold)(validation.folds, shuffle=True, random_state=seed)
        return [(number, *pair) for number, pair in enumerate(splitter.split(everything, train.y))]
    if spec.dataset.validation_fraction > 0:
        size = max(1, round(len(train) * spec.dataset.validation_fraction))
        first, rest = train_test_split(
            everything, test_size=size, random_state=seed + 4, stratify=None if regression else train.y
        )
        return [(None, first, rest)]
    return [(None, everything, None)]


def prepare(spec: ExperimentSpec, train: Rows, validation: Rows | None, test: Rows, outputs: int) -> Data:
    """Standardize with the training rows' statistics and encode the labels for `outputs` output units."""
    center, scale, statistics = _statistics(spec.dataset.standardize, train.x)

    def standardized(rows: Rows) -> Array:
        if rows.x.dtype in _SMALL:
            return np.ascontiguousarray(rows.x)
        ready = np.empty(rows.x.shape, np.float32)
        for part in _blocks(len(rows)):
            ready[part] = (rows.x[part].astype(np.float64) - center) / scale
        return ready

    labels = train.y.reshape(len(train), -1)[:, 0]
    regression = spec.dataset.is_regression or train.y.dtype.kind == "f"
    classes = None if regression else int(max(train.y.max(), test.y.max())) + 1
    mean, std = 0.0, 1.0
    if regression and spec.dataset.standardize_target:
        mean, std = float(labels.mean()), float(labels.std()) or 1.0

    def encoded(rows: Rows) -> Array:
        if regression:
            return ((rows.y.reshape(len(rows), -1) - mean) / std).astype(np.float32)
        if outputs == 1:
            return rows.y.reshape(-1, 1).astype(np.float32)
        if rows.y.max() >= outputs or rows.y.min() < 0:
            raise DataError(f"labels run from {rows.y.min()} to {rows.y.max()}, but the network has {outputs} outputs")
        return np.eye(outputs, dtype=np.float32)[rows.y.astype(np.int64)]

    def ready(rows: Rows) -> Rows:
        return Rows(standardized(rows), encoded(rows))

    tested = ready(test)
    return Data(
        train=ready(train),
        validation=tested if validation is None else ready(validation),
        test=tested,
        labels=labels,
        classes=classes,
        target_mean=mean,
        target_std=std,
        center=center,
        scale=scale,
        statistics=statistics,
    )


def _blocks(rows: int) -> Iterator[slice]:
    """Parts of the rows, so that float64 copies stay small."""
    return (slice(start, start + 4096) for start in range(0, rows, 4096))


def _deviation(x: Array, mean: Any, axis: int | None) -> Any:
    """The standard deviation around `mean` in float64."""
    total: Any = sum(np.square(x[part].astype(np.float64) - mean).sum(axis=axis) for part in _blocks(len(x)))
    return np.sqrt(total / (len(x) if axis == 0 else x.size))


def _statistics(kind: str, x: Array) -> tuple[Any, Any, dict[str, Any]]:
    """Center and scale of the training inputs, and what to tell the user about them (float64)."""
    mean = float(x.mean(dtype=np.float64))
    told: dict[str, Any] = {
        "standardize": kind,
        "rows": len(x),
        "mean": mean,
        "std": float(_deviation(x, mean, None)),
        "min": float(x.min()),
        "max": float(x.max()),
    }
    if kind == "global":
        return told["mean"], told["std"] or 1.0, told
    if kind == "minmax":
        return told["min"], (told["max"] - told["min"]) or 1.0, told
    if kind == "per_feature":
        means = x.mean(axis=0, dtype=np.float64)
        std = _deviation(x, means, 0)
        return means, np.where(std == 0, 1.0, std), told
    return 0.0, 1.0, told


def probe_index(labels: Array, classes: int | None, size: int, seed: int) -> Array:
    """`size` training rows drawn once, stratified by class; all if there are fewer."""
    index = np.arange(len(labels))
    if size >= len(index):
        return index
    rng = rng_for(seed, 5)
    if classes is None:
        return np.sort(rng.permutation(index)[:size])
    order = rng.permutation(index)
    # Rank within its class, as a share of the class: the smallest shares are a proportional sample.
    share = np.empty(len(index))
    for label in np.unique(labels):
        members = order[labels[order] == label]
        share[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(np.argsort(share, kind="stable")[:size])
