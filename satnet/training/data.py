"""Rows ready to train on: split, standardized on the training rows alone, labels as the loss wants them."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from satnet.errors import DataError
from satnet.records.schema import DataRecord
from satnet.spec import Dataset, ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS, ResolvedData, Task
from satnet.training import data_facts, sources
from satnet.training.labels import encode_classes, encode_targets, target_scaling
from satnet.training.own_data import OwnRows
from satnet.training.seeds import SOURCE, TEST_SIZE, TRAIN_SIZE, rng_for
from satnet.training.sources import Array
from satnet.training.splits import parted, split, subset
from satnet.training.standardization import Standardization, standardized_rows
from satnet.training.tables import Encoder, input_names


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
    target_mean: Any  # a float, or one for each of several targets
    target_std: Any
    center: Any  # subtracted from the raw inputs
    scale: Any  # what they are then divided by
    statistics: dict[str, Any]
    task: Task
    encoder: Encoder | None = None  # of a table
    about: ResolvedData | None = None  # what is known of somebody's own data

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

    @cached_property
    def rarest(self) -> int | None:
        """The class with the fewest training rows; None for other tasks."""
        return None if self.classes is None else data_facts.rarest_class(self.labels, self.classes)

    @cached_property
    def facts(self) -> DataRecord:
        """What epoch 0 says of the rows, but for what depends on the network."""
        return data_facts.data_record(
            self.train.x,
            self.train.y,
            self.labels,
            task=self.task,
            classes=self.classes,
            others={"test": (self.test.x, self.test.y)}
            if self.test is self.validation
            else {"validation": (self.validation.x, self.validation.y), "test": (self.test.x, self.test.y)},
            target_mean=self.target_mean,
            target_std=self.target_std,
            scale=self.scale,
            column_names=None if self.encoder is None else input_names(self.encoder.plan),
            class_names=None if self.about is None else self.about.class_names,
        )

    @property
    def nbytes(self) -> int:
        """Of its arrays, and of their copies on the device."""
        return 2 * self.train.nbytes + self.validation.nbytes + self.test.nbytes


@dataclass(frozen=True)
class Source:
    """The rows of a dataset before any is standardized; those of a table before they are encoded.

    Attributes:
        train: to train on and to validate with.
        test: the others.
        about: what is known of somebody's own data; None for a built-in dataset.
        parts: what a table's training rows are split by, as for `splits.folds`.
    """

    train: Rows
    test: Rows
    about: OwnRows | None = None
    parts: Array | None = None

    @property
    def nbytes(self) -> int:
        """Of its arrays."""
        return self.train.nbytes + self.test.nbytes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of a row as the network takes it."""
        if self.about is not None and self.about.plan is not None:
            return (self.about.plan.width,)
        return self.train.x.shape[1:]


def load_rows(spec: ExperimentSpec, data_dir: Path) -> tuple[Rows, Rows]:
    """The training rows and the test rows of the spec's dataset. Raises DataError."""
    source = load_source(spec, data_dir)
    return source.train, source.test


def load_source(spec: ExperimentSpec, data_dir: Path) -> Source:
    """The rows of the spec's dataset, as many as it asks for. Raises DataError."""
    dataset, seed = spec.dataset, spec.rows_seed
    train, test = _built_in(dataset, seed, data_dir)
    classes = not _is_regression(spec, train)
    return Source(
        _at_most(train, dataset.train_size, seed + TRAIN_SIZE, classes),
        _at_most(test, dataset.test_size, seed + TEST_SIZE, classes),
    )


def own_source(spec: ExperimentSpec, own: OwnRows) -> Source:
    """Somebody's own rows, split and cut as the spec says. Raises DataError."""
    dataset, seed, classes = spec.dataset, spec.rows_seed, own.y.dtype.kind != "f"
    rows = Rows(own.x, own.y, own.weights)
    parts = own.parts
    if own.test is not None:
        train, test = rows, Rows(*own.test)
    else:
        if dataset.split is not None and parts is not None:
            index, others = parted(dataset.split, parts, seed)
        else:
            known = own.resolved.train_rows + own.resolved.test_rows == len(rows)
            size = own.resolved.test_rows if known else max(1, len(rows) // 5)
            index, others = split(own.y, size, seed, stratified=classes)
        train, test, parts = rows.take(index), rows.take(others), None if parts is None else parts[index]
    if dataset.train_size is not None and dataset.train_size != len(train):
        index = np.sort(subset(train.y, dataset.train_size, seed + TRAIN_SIZE, stratified=classes))
        train, parts = train.take(index), None if parts is None else parts[index]
    about = replace(own, x=train.x[:0], y=train.y[:0], test=None, weights=None, parts=None)
    return Source(train, _at_most(test, dataset.test_size, seed + TEST_SIZE, classes), about, parts)


def _built_in(dataset: Dataset, seed: int, data_dir: Path) -> tuple[Rows, Rows]:
    if dataset.path is not None:
        x, y, test_x, test_y = sources.read_npz(Path(dataset.path))
        return Rows(x, y), Rows(test_x, test_y)
    info = dataset_info(dataset)
    if info is None:
        raise DataError(f"dataset {dataset.name!r} is not known to this worker")
    arrays = sources.load(sources.Order(dataset, rng_for(seed, SOURCE), data_dir))
    if len(arrays) == 4:
        return Rows(arrays[0], arrays[1].reshape(-1)), Rows(arrays[2], arrays[3].reshape(-1))
    return _parted(Rows(*arrays), info.test_rows, seed, stratified=DATASETS[str(dataset.name)].stratified)


def _parted(rows: Rows, size: int, seed: int, *, stratified: bool) -> tuple[Rows, Rows]:
    train, test = split(rows.y, size, seed, stratified=stratified)
    return rows.take(train), rows.take(test)


def _at_most(rows: Rows, size: int | None, seed: int, stratified: bool) -> Rows:
    if size is None or size == len(rows):
        return rows
    return rows.take(subset(rows.y, size, seed, stratified=stratified))


def prepare(
    spec: ExperimentSpec, train: Rows, validation: Rows | None, test: Rows, outputs: int, about: OwnRows | None = None
) -> Data:
    """Encode, standardize with the training rows' statistics, and encode the labels for `outputs` output units.

    Args:
        spec: with its seed drawn.
        train: to fit everything on.
        validation: None: the test rows validate.
        test: the others.
        outputs: units of the network's last layer.
        about: the source's.

    Raises:
        DataError: the rows cannot be trained on.
    """
    task: Task = _task(spec, train, about)
    encoder = None if about is None or about.plan is None else Encoder.fit(about.plan, train.x)
    x = train.x if encoder is None else encoder.encode(train.x)
    inputs = Standardization.fit(spec.dataset.standardize, x, None if encoder is None else encoder.numeric)
    if task == "classification" and about is not None:
        _require_classes(train.y, about)
    labels = train.y.reshape(len(train), -1)[:, 0]
    mean, std = target_scaling(train.y) if task == "regression" and spec.dataset.standardize_target else (0.0, 1.0)

    def ready(rows: Rows, *, trained: bool = False) -> Rows:
        y = encode_classes(rows.y, outputs) if task == "classification" else encode_targets(rows.y, mean, std)
        raw = rows.x if encoder is None else x if trained else encoder.encode(rows.x)
        return Rows(inputs.apply(raw), y, rows.weights if trained else None)

    tested = ready(test)
    classes = about.resolved.classes if about is not None else int(max(train.y.max(), test.y.max())) + 1
    return Data(
        train=ready(train, trained=True),
        validation=tested if validation is None else ready(validation),
        test=tested,
        labels=labels,
        classes=classes if task == "classification" else None,
        target_mean=mean,
        target_std=std,
        center=inputs.center,
        scale=inputs.scale,
        statistics=inputs.statistics,
        task=task,
        encoder=encoder,
        about=None if about is None else about.resolved,
    )


def _require_classes(y: Array, about: OwnRows) -> None:
    found = np.unique(y)
    if len(found) < 2:
        names = about.resolved.class_names
        name = repr(names[int(found[0])]) if names else str(found[0])
        raise DataError(f"all {len(y):,} training rows are of class {name}; a classification needs two classes")


def _task(spec: ExperimentSpec, train: Rows, about: OwnRows | None) -> Task:
    if about is not None:
        return about.resolved.task
    return "regression" if _is_regression(spec, train) else "classification"


def _is_regression(spec: ExperimentSpec, train: Rows) -> bool:
    return spec.dataset.is_regression or train.y.dtype.kind == "f"
