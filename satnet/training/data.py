"""Rows ready to train on: split, standardized on the training rows alone, labels as the loss wants them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tensorflow as tf

from satnet.errors import DataError
from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS, Task
from satnet.training import sources
from satnet.training.labels import encode_classes, encode_targets
from satnet.training.seeds import SOURCE, TEST_SIZE, TRAIN_SIZE, rng_for
from satnet.training.sources import Array
from satnet.training.splits import split, subset
from satnet.training.standardization import Standardization, standardized_rows


@dataclass(frozen=True)
class Rows:
    """Inputs (rows, ...) of any number type and labels: int64 classes, or float64 targets."""

    x: Array
    y: Array
    weights: Array | None = None  # float32 (rows,), of each row's loss; None: all count the same

    def take(self, index: Array) -> "Rows":
        """The rows at `index`."""
        return Rows(self.x[index], self.y[index], None if self.weights is None else self.weights[index])

    def __len__(self) -> int:
        return len(self.x)

    @property
    def nbytes(self) -> int:
        """Of its arrays."""
        return int(self.x.nbytes + self.y.nbytes + (0 if self.weights is None else self.weights.nbytes))


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
    task: Task

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
        rows = self.train.take(index)
        return Rows(standardized_rows(rows.x, self.scaling), rows.y, rows.weights)

    @property
    def nbytes(self) -> int:
        """Of its arrays, and of their copies on the device."""
        return 2 * self.train.nbytes + self.validation.nbytes + self.test.nbytes


def load_rows(spec: ExperimentSpec, data_dir: Path) -> tuple[Rows, Rows]:
    """The training rows and the test rows of the spec's dataset. Raises DataError."""
    dataset, seed = spec.dataset, spec.rows_seed
    train, test = _source(dataset, seed, data_dir)
    classes = not _is_regression(spec, train)
    return (
        _at_most(train, dataset.train_size, seed + TRAIN_SIZE, classes),
        _at_most(test, dataset.test_size, seed + TEST_SIZE, classes),
    )


def _source(dataset: Any, seed: int, data_dir: Path) -> tuple[Rows, Rows]:
    if getattr(dataset, "path", None):
        x, y, test_x, test_y = sources.read_npz(Path(dataset.path))
        return Rows(x, y), Rows(test_x, test_y)
    info = dataset_info(dataset)
    if info is None:
        raise DataError(f"dataset {dataset.name!r} is not known to this worker")
    arrays = sources.load(sources.Order(dataset, rng_for(seed, SOURCE), data_dir))
    if len(arrays) == 4:
        return Rows(arrays[0], arrays[1].reshape(-1)), Rows(arrays[2], arrays[3].reshape(-1))
    return _parted(Rows(*arrays), info.test_rows, seed, stratified=DATASETS[dataset.name].stratified)


def _parted(rows: Rows, size: int, seed: int, *, stratified: bool) -> tuple[Rows, Rows]:
    train, test = split(rows.y, size, seed, stratified=stratified)
    return rows.take(train), rows.take(test)


def _at_most(rows: Rows, size: int | None, seed: int, stratified: bool) -> Rows:
    if size is None or size == len(rows):
        return rows
    return rows.take(subset(rows.y, size, seed, stratified=stratified))


def prepare(spec: ExperimentSpec, train: Rows, validation: Rows | None, test: Rows, outputs: int) -> Data:
    """Standardize with the training rows' statistics and encode the labels for `outputs` output units."""
    inputs = Standardization.fit(spec.dataset.standardize, train.x)
    labels = train.y.reshape(len(train), -1)[:, 0]
    regression = _is_regression(spec, train)
    mean, std = 0.0, 1.0
    if regression and spec.dataset.standardize_target:
        mean, std = float(labels.mean()), float(labels.std()) or 1.0

    def ready(rows: Rows) -> Rows:
        y = encode_targets(rows.y, mean, std) if regression else encode_classes(rows.y, outputs)
        return Rows(inputs.apply(rows.x), y, rows.weights)

    tested = ready(test)
    return Data(
        train=ready(train),
        validation=tested if validation is None else ready(validation),
        test=tested,
        labels=labels,
        classes=None if regression else int(max(train.y.max(), test.y.max())) + 1,
        target_mean=mean,
        target_std=std,
        center=inputs.center,
        scale=inputs.scale,
        statistics=inputs.statistics,
        task="regression" if regression else "classification",
    )


def _is_regression(spec: ExperimentSpec, train: Rows) -> bool:
    return spec.dataset.is_regression or train.y.dtype.kind == "f"
