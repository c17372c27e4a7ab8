"""Rows ready to train on: split, standardized on the training rows alone, labels as the loss wants them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from satnet.errors import DataError
from satnet.spec import ExperimentSpec
from satnet.training import sources
from satnet.training.sources import Array


@dataclass(frozen=True)
class Rows:
    """Inputs float32 (rows, ...) and labels: int64 classes, or float64 targets."""

    x: Array
    y: Array

    def take(self, index: Array) -> "Rows":
        """The rows at `index`."""
        return Rows(self.x[index], self.y[index])

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Data:
    """One fold's rows as tensors-to-be: x float32, y float32 (rows, outputs)."""

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


def rng_for(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """A generator that depends on the seed and on what it is for, not on what ran before."""
    return np.random.default_rng([seed, purpose, *more])


def load_rows(spec: ExperimentSpec, data_dir: Path) -> tuple[Rows, Rows]:
    """The training rows and the test rows of the spec's dataset. Raises DataError."""
    dataset, seed = spec.dataset, int(spec.seed or 0)
    train, test = _source(dataset, seed, data_dir)
    regression = dataset.name == "diabetes" or train.y.dtype.kind == "f"
    train = _first(train, dataset.train_size, seed, 2, regression)
    return train, _first(test, dataset.test_size, seed, 3, regression)


def _source(dataset: Any, seed: int, data_dir: Path) -> tuple[Rows, Rows]:
    if getattr(dataset, "path", None):
        split = sources.read_npz(Path(dataset.path))
        return Rows(split[0], split[1]), Rows(split[2], split[3])
    if dataset.name in sources.IMAGES:
        split = sources.images(dataset.name, data_dir)
        return Rows(split[0], split[1].reshape(-1)), Rows(split[2], split[3].reshape(-1))
    if dataset.name in sources.WHOLE:
        x, y = sources.WHOLE[dataset.name]()
        return _split(Rows(x, y), sources.TEST_ROWS[dataset.name], seed, dataset.name == "diabetes")
    rng = rng_for(seed, 1)
    if dataset.name == "gaussian":
        x, y = sources.gaussian(rng, dataset.samples, dataset.features, dataset.classes)
    elif dataset.name == "xor":
        x, y = sources.xor(rng, dataset.samples, dataset.noise)
    elif dataset.name == "spirals":
        x, y = sources.spirals(rng, dataset.samples, dataset.classes, dataset.noise)
    else:
        raise DataError(f"dataset {dataset.name!r} is not known to this worker")
    return _split(Rows(x, y), dataset.samples // 5, seed, dataset.name == "gaussian")


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
    seed, everything = int(spec.seed or 0), np.arange(len(train))
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
        return ((rows.x - center) / scale).astype(np.float32)

    labels = train.y.reshape(len(train), -1)[:, 0]
    regression = spec.dataset.name == "diabetes" or train.y.dtype.kind == "f"
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


def _statistics(kind: str, x: Array) -> tuple[Any, Any, dict[str, Any]]:
    """Center and scale of the training inputs, and what to tell the user about them (float64)."""
    x = x.astype(np.float64)
    told: dict[str, Any] = {
        "standardize": kind,
        "rows": len(x),
        "mean": float(x.mean()),
        "std": float(x.std()),
        "min": float(x.min()),
        "max": float(x.max()),
    }
    if kind == "global":
        return told["mean"], told["std"] or 1.0, told
    if kind == "minmax":
        return told["min"], (told["max"] - told["min"]) or 1.0, told
    if kind == "per_feature":
        std = x.std(axis=0)
        return x.mean(axis=0), np.where(std == 0, 1.0, std), told
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
