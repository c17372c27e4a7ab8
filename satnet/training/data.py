"""Rows ready to train on: standardized on the training rows alone, labels as the loss wants them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from satnet.errors import DataError
from satnet.records.schema import DataRecord
from satnet.spec import ExperimentSpec
from satnet.spec.datasets import ResolvedData, Task
from satnet.training import data_facts
from satnet.training.labels import encode_classes, encode_targets, target_scaling
from satnet.training.own_data import OwnRows
from satnet.training.rows import Rows
from satnet.training.source import is_regression
from satnet.training.sources import Array
from satnet.training.standardization import Standardization, standardized_rows
from satnet.training.tables import Encoder, input_names


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
    return "regression" if is_regression(spec, train) else "classification"
