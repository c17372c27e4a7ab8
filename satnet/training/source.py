"""The rows of a dataset, split and cut as the spec says."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from satnet.errors import DataError
from satnet.spec import Dataset, ExperimentSpec, dataset_info
from satnet.spec.datasets import DATASETS
from satnet.training import sources
from satnet.training.own_data import OwnRows
from satnet.training.rows import Rows
from satnet.training.seeds import SOURCE, TEST_SIZE, TRAIN_SIZE, rng_for
from satnet.training.sources import Array
from satnet.training.splits import parted, split, subset


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
    train, test = _loaded(dataset, seed, data_dir)
    classes = not is_regression(spec, train)
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


def _loaded(dataset: Dataset, seed: int, data_dir: Path) -> tuple[Rows, Rows]:
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


def is_regression(spec: ExperimentSpec, train: Rows) -> bool:
    """Whether the labels are targets: of a file, by their type."""
    return spec.dataset.is_regression or train.y.dtype.kind == "f"
