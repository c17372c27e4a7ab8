"""One training run over one split of the rows: epochs, what is told of each, and what the test rows say."""

import functools
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from satnet.errors import NonFiniteLoss
from satnet.records.schema import MeasuredEpoch
from satnet.spec import ExperimentSpec
from satnet.training.checkpoint import Checkpoint, numbered
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.compiled import CompiledNetwork
from satnet.training.data import Data, rng_for
from satnet.training.initializers import seed_of
from satnet.training.program import EpochSums
from satnet.training.stopping import StoppingRules

Report = Callable[[MeasuredEpoch], str | None]
_SHUFFLE, _DROPOUT = 6, 7  # what a derived seed is for


@dataclass(frozen=True)
class FoldResult:
    """How one fold's run ended."""

    test: dict[str, Any]
    quality: dict[str, Any]
    statistics: dict[str, Any]
    parameters: int
    stop_reason: str
    xla: bool
    worker: str | None = None  # who trained it, where that was another one than the experiment's


@dataclass
class FoldRun:
    """One training run over one split of the rows."""

    spec: ExperimentSpec
    compiled_network: CompiledNetwork
    data: Data
    fold: int | None
    on_epoch: Report
    checkpoint_schedule: CheckpointSchedule
    earlier: tuple[FoldResult, ...] = ()

    def __post_init__(self) -> None:
        built = self.compiled_network
        self.network, self.optimizer, self.evaluate, self.probe = (
            built.network,
            built.optimizer,
            built.evaluate,
            built.probe,
        )
        self.variance = float(self.data.train.y.var()) if self.data.classes is None else None

    def train(self, resume: Checkpoint | None = None) -> FoldResult:
        """All epochs (those after the one of `resume`), then the test rows."""
        stopping_rules = StoppingRules.of(self.spec)
        if resume is None:
            stopping_rules.ended = self.report(0, None, time.monotonic())
        else:
            self._restore(resume, stopping_rules)
        for epoch in range(1 if resume is None else resume.epoch + 1, self.spec.training.epochs + 1):
            if stopping_rules.over:  # the last epoch of the attempt before was its last
                break
            began = time.monotonic()
            sums = self.compiled_network.program.run(self.order(epoch), self.checkpoint_schedule.check)
            self.epoch_over(epoch, sums, began, stopping_rules)
            if stopping_rules.ended is None:
                take = functools.partial(self.checkpoint, epoch, stopping_rules)
                self.checkpoint_schedule.epoch_over(take, time.monotonic() - began)
        return self.result(stopping_rules)

    def epoch_over(self, epoch: int, sums: EpochSums, began: float, stopping_rules: StoppingRules) -> None:
        """Evaluate, report, decide; the network and the optimizer hold what the epoch left. Raises NonFiniteLoss."""
        metrics = self._epoch_metrics(sums, began)
        stopping_rules.take(metrics, self.network.model.get_weights)
        finite = math.isfinite(sums.loss)
        last = epoch == self.spec.training.epochs or stopping_rules.over or not finite
        if last or epoch % self.spec.saturation.every == 0:
            stopping_rules.ended = self.report(epoch, sums, began, metrics)
        if not finite:
            raise NonFiniteLoss(f"the training loss became {sums.loss} in epoch {epoch}")
        rate = stopping_rules.reduced(metrics, float(self.optimizer.learning_rate)) if stopping_rules.reduce else None
        if rate is not None:
            self.optimizer.learning_rate = rate

    def result(self, stopping_rules: StoppingRules) -> FoldResult:
        """What the network brings on the test rows."""
        if stopping_rules.best is not None:
            self.network.model.set_weights(stopping_rules.best)
        test, predictions = self._metrics(self.data.test.x, self.data.test.y)
        return FoldResult(
            test,
            self._quality(predictions),
            self.data.statistics,
            self.network.model.count_params(),
            stopping_rules.stop_reason,
            self.compiled_network.xla,
        )

    def checkpoint(
        self, epoch: int, stopping_rules: StoppingRules, optimizer: list[np.ndarray] | None = None
    ) -> Checkpoint:
        """The state after an epoch; `optimizer`: its variables, where they are not those of the compiled network's."""
        arrays = numbered("weight", self.network.model.get_weights())
        variables = [variable.numpy() for variable in self.optimizer.variables] if optimizer is None else optimizer
        arrays |= numbered("optimizer", variables)
        arrays |= numbered("best", stopping_rules.best or []) | numbered("alive", self.probe.alive)
        plateaus = [one and asdict(one) for one in stopping_rules.plateaus]
        state = {"plateaus": plateaus, "results": [asdict(one) for one in self.earlier]}
        return Checkpoint(self.fold, epoch, arrays, state)

    def _restore(self, checkpoint: Checkpoint, stopping_rules: StoppingRules) -> None:
        """Put everything back as it was."""
        self.network.model.set_weights(checkpoint.part("weight"))
        for variable, value in zip(self.optimizer.variables, checkpoint.part("optimizer"), strict=True):
            variable.assign(value)
        self.probe.alive = checkpoint.part("alive")
        for plateau, kept in zip(stopping_rules.plateaus, checkpoint.state["plateaus"], strict=True):
            if plateau is not None:
                plateau.best, plateau.waited = kept["best"], kept["waited"]
        stopping_rules.best = checkpoint.part("best") or None

    def order(self, epoch: int) -> np.ndarray:
        """The epoch's permutation, and its dropout masks: both follow from (seed, fold, epoch)."""
        spec, count = self.spec, len(self.data.train)
        part = 0 if self.fold is None else self.fold + 1
        for number, layer in enumerate(self.network.dropouts()):
            state = layer.seed_generator.state
            state.assign(np.array([seed_of(int(spec.seed or 0), _DROPOUT, part, epoch, number), 0], dtype=state.dtype))
        if not spec.training.shuffle:
            return np.arange(count)
        return rng_for(spec.order_seed, _SHUFFLE, part, epoch).permutation(count)

    def _metrics(self, x: np.ndarray, y: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        loss, accuracy, predictions = self.evaluate(x, y, self.data.scaling)
        if self.data.classes is not None:
            return _metric(loss, accuracy), predictions
        error = float(np.abs(predictions.astype(np.float64) - y).mean()) * self.data.target_std
        return _metric(loss, None) | {"mean_absolute_error": error}, predictions

    def _epoch_metrics(self, sums: EpochSums, began: float) -> dict[str, Any]:
        validation, _ = self._metrics(self.data.validation.x, self.data.validation.y)
        accuracy = sums.accuracy if self.data.classes is not None else None
        return {
            "learning_rate": float(self.optimizer.learning_rate),
            "train": _metric(sums.loss, accuracy),
            "validation": validation,
            "seconds": time.monotonic() - began,
        }

    def report(
        self, epoch: int, sums: EpochSums | None, began: float, metrics: dict[str, Any] | None = None
    ) -> str | None:
        """Measure the network and tell of it; why whoever hears it wants no more, if so."""
        layers, network, values = self.probe.measure(
            sums.update_ratio if sums else {},
            sums.movement if sums else {},
            fresh=epoch == 0,
            classes=self.data.classes,
            variance=self.variance,
        )
        if metrics is None:  # epoch 0: the probe set stands for the training rows
            accuracy = values["right"] if self.data.classes is not None else None
            validation, _ = self._metrics(self.data.validation.x, self.data.validation.y)
            metrics = {
                "learning_rate": float(self.optimizer.learning_rate),
                "train": _metric(values["loss"], accuracy),
                "validation": validation,
            }
        record = {"epoch": epoch, "fold": self.fold} | metrics
        record |= {"seconds": time.monotonic() - began, "layers": layers, "network": network}
        record["input"] = {"mean": values["input_mean"], "std": values["input_std"]}
        record["units"] = dict(self.probe.units)
        if epoch == 0 and self.network.batch_normalizations():
            record["batch_statistics"] = "probe"
        return self.on_epoch(cast(MeasuredEpoch, record))

    def _quality(self, predictions: np.ndarray) -> dict[str, Any]:
        """Confusion matrix (rows: true class) for classes, R2 and errors in the target's units else."""
        y = self.data.test.y.astype(np.float64)
        if self.data.classes is None:
            residual = float(((predictions - y) ** 2).sum())
            spread = float(((y - y.mean(axis=0)) ** 2).sum())
            rmse = math.sqrt(residual / y.size) * self.data.target_std
            return {
                "r2": 1.0 - residual / spread if spread > 0 else None,
                "root_mean_squared_error": rmse,
            }
        if y.shape[1] == 1:
            truth, guess = y[:, 0] > 0.5, predictions[:, 0] > 0.5
        else:
            truth, guess = y.argmax(axis=1), predictions.argmax(axis=1)
        size = max(2, y.shape[1])
        matrix = np.zeros((size, size), int)
        np.add.at(matrix, (truth.astype(int), guess.astype(int)), 1)
        return {"confusion_matrix": matrix.tolist()}


def _metric(loss: float, accuracy: float | None) -> dict[str, Any]:
    """A loss and an accuracy for JSON: null and a count where the loss is not finite."""
    if math.isfinite(loss):
        return {"loss": loss, "accuracy": accuracy}
    return {"loss": None, "accuracy": accuracy, "non_finite": 1}
