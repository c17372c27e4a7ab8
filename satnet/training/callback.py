"""What the service measures, in anybody's own `model.fit`."""

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import keras
import numpy as np

from satnet.records.epoch_log import EpochLog, LoggedEpoch
from satnet.records.schema import DataRecord, EpochRecord, FindingRecord, MeasuredEpoch, Units
from satnet.saturation.diagnosis import diagnose, facts_of_external
from satnet.spec.datasets import Task
from satnet.spec.external import ExternalLayer, ExternalSpec
from satnet.training.data_facts import data_record, with_reach
from satnet.training.epoch_loop import TAIL
from satnet.training.labels import recognize_labels
from satnet.training.losses import build_loss, recognize_loss
from satnet.training.model_taps import standardizes_itself, tap
from satnet.training.network import Network
from satnet.training.probe import Probe
from satnet.training.splits import probe_index

_ACCURACIES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy")


class MonitorCallback(keras.callbacks.Callback):
    """The measuring part of `satnet.SaturationMonitor`; a subclass shows and sends the records."""

    def __init__(
        self,
        x: Any,
        y: Any,
        *,
        epsilon: float = 0.05,
        probe_size: int = 1024,
        every: int = 1,
        seed: int = 0,
        name: str | None = None,
    ) -> None:
        super().__init__()
        if len(x) != len(y) or len(x) == 0:
            raise ValueError(f"x and y must have as many rows, at least one; got {len(x)} and {len(y)}")
        if every < 1 or probe_size < 1:
            raise ValueError(f"every and probe_size must be at least 1; got {every} and {probe_size}")
        self._x, self._y = np.asarray(x), np.asarray(y)
        self._epsilon, self._probe_size, self._every, self._seed = epsilon, probe_size, every, seed
        self._name = name
        self.units: Units = {}
        self._epoch_log: EpochLog | None = None
        self._steps: int | None = None

    @property
    def epochs(self) -> list[EpochRecord]:
        """The records so far."""
        return self._epoch_log.records if self._epoch_log is not None else []

    @property
    def findings(self) -> list[FindingRecord]:
        """The diagnosis of the records so far."""
        return self._epoch_log.findings() if self._epoch_log is not None else []

    def opened(self, spec: ExternalSpec) -> None:
        """Called before epoch 0 is measured."""

    def recorded(self, logged: LoggedEpoch) -> None:
        """Called with each measured epoch."""

    def closed(self, *, failed: bool) -> None:
        """Called when training ends."""

    # -- Keras calls these ---------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Find the taps and measure epoch 0."""
        self._network, spec, probe = self._prepared()
        self._probe: Probe = probe
        self._kernels = [one.kernel for one in self._network.taps if one.kernel is not None]
        self._epoch_log = EpochLog(partial(diagnose, facts_of_external(spec)), spec.epochs)
        self.opened(spec)
        self._began = time.monotonic()
        self._measure(0, None)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Note the weights from which the epoch starts."""
        self._began, self._seen, self._ratios = time.monotonic(), 0, list[list[float]]()
        self._due = self._is_due(epoch + 1)
        self._start = [np.asarray(kernel.value) for kernel in self._kernels] if self._due else []
        self._before: list[Any] = []
        self._steps = self.params.get("steps") or self._steps
        self._every_step = getattr(self.model, "steps_per_execution", 1) == 1

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Keep the weights before each of the epoch's last steps."""
        tail = self._steps is not None and batch >= self._steps - TAIL
        if self._due and tail and self._every_step:
            self._before = [np.asarray(kernel.value) for kernel in self._kernels]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """How far the step went, against the size of what it changed."""
        self._seen = batch + 1
        if self._before:
            after = [np.asarray(kernel.value) for kernel in self._kernels]
            self._ratios.append([_ratio(old, new) for old, new in zip(self._before, after, strict=True)])
            self._before = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Measure, if it is the epoch's turn."""
        self._steps = self._seen or self._steps
        if self._due:
            self._measure(epoch + 1, logs or {})

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Pass on how it ended."""
        self.closed(failed=any(one["train"]["loss"] is None for one in self.epochs))

    # -- how -----------------------------------------------------------------------------------------------------------

    def _is_due(self, epoch: int) -> bool:
        return epoch % self._every == 0 or epoch == self.params.get("epochs")

    def _prepared(self) -> tuple[Network, ExternalSpec, Probe]:
        loss, link = recognize_loss(self.model.loss)
        network, layers = tap(self.model, link)
        y, labels, self._classes = recognize_labels(self._y, loss, int(network.probe.outputs[-1].shape[-1]))
        self._encoded, self._labels = y, labels
        index = probe_index(labels, self._classes, self._probe_size, self._seed)
        self._variance = float(y.var()) if self._classes is None else None
        probe = Probe(network, loss, build_loss(loss), self._x[index], y[index], self._epsilon)
        return network, self._spec(loss, network, layers), probe

    def _facts(self) -> DataRecord:
        """What is known of the rows that were given."""
        y, classes, output = self._encoded, self._classes, self._network.output
        if classes is not None and bool((y != np.round(y)).any()):  # gray values
            classes = None
        several = classes is not None and y.shape[1] > 1 and bool((y.sum(axis=1) != 1).any())
        task: Task = "multi_label" if several else "regression" if classes is None else "classification"
        facts = data_record(self._x, y, self._labels, task=task, classes=None if several else classes, others={})
        if standardizes_itself(self.model):
            facts["columns"] = None
        return with_reach(facts, y, output.activation, output.parameters)

    def _spec(self, loss: str, network: Network, layers: Sequence[ExternalLayer]) -> ExternalSpec:
        optimizer = self.model.optimizer
        return ExternalSpec(
            kind="external",
            name=self._name,
            loss=loss,
            output_activation=network.output.activation,
            optimizer=type(optimizer).__name__.lower(),
            learning_rate=float(optimizer.learning_rate),
            layers=list(layers),
            epochs=int(self.params.get("epochs") or 1),
        )

    def _fresh(self) -> bool:
        """Whether the moving statistics of batch normalization are those of an untrained network."""
        for layer in self._network.batch_normalizations():
            if np.any(np.asarray(layer.moving_mean.value)) or np.any(np.asarray(layer.moving_variance.value) != 1):
                return False
        return True

    def _measure(self, epoch: int, logs: Mapping[str, Any] | None) -> None:
        ratios, movement = self._steps_taken() if logs is not None else ({}, {})
        layers, network, values = self._probe.measure(
            ratios, movement, fresh=logs is None and self._fresh(), classes=self._classes, variance=self._variance
        )
        if logs is None:  # epoch 0: the probe set stands for the training rows
            train = _metric(values["loss"], values["right"] if self._classes is not None else None)
            validation: dict[str, Any] = {"loss": None, "accuracy": None}
        else:
            train = _metric(float(logs["loss"]), _accuracy(logs, ""))
            validation = {"loss": None, "accuracy": None}
            if "val_loss" in logs:
                validation = _metric(float(logs["val_loss"]), _accuracy(logs, "val_"))
        record: dict[str, Any] = {
            "epoch": epoch,
            "fold": None,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "train": train,
            "validation": validation,
            "seconds": time.monotonic() - self._began,
            "layers": layers,
            "network": network,
            "input": {"mean": values["input_mean"], "std": values["input_std"]},
            "units": dict(self._probe.units),
        }
        if epoch == 0:
            record["data"] = self._facts()
        if self._epoch_log is not None:
            logged = self._epoch_log.add(cast(MeasuredEpoch, record))
            self.units = dict(self._probe.units)
            self.recorded(logged)

    def _steps_taken(self) -> tuple[dict[str, float], dict[str, float]]:
        paths = [kernel.path for kernel in self._kernels]
        moved = [_ratio(old, np.asarray(now.value)) for old, now in zip(self._start, self._kernels, strict=True)]
        if not self._ratios:
            return {}, dict(zip(paths, moved, strict=True))
        median = np.median(np.array(self._ratios[-TAIL:]), axis=0)
        return dict(zip(paths, median.tolist(), strict=True)), dict(zip(paths, moved, strict=True))


def _ratio(old: Any, new: Any) -> float:
    size = float(np.linalg.norm(old))
    return float(np.linalg.norm(new - old)) / size if size > 0 else math.nan


def _metric(loss: float, accuracy: float | None) -> dict[str, Any]:
    if math.isfinite(loss):
        return {"loss": loss, "accuracy": accuracy}
    return {"loss": None, "accuracy": accuracy, "non_finite": 1}


def _accuracy(logs: Mapping[str, Any], prefix: str) -> float | None:
    return next((float(logs[prefix + name]) for name in _ACCURACIES if prefix + name in logs), None)
