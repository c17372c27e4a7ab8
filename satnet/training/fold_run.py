"""One training run over one split of the rows: epochs, what is reported of each, and what the test rows say."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, cast

import numpy as np

from satnet.errors import NonFiniteLoss
from satnet.records.schema import MeasuredEpoch
from satnet.spec import ExperimentSpec
from satnet.training.checkpoint import Checkpoint, numbered
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.compiled import CompiledNetwork
from satnet.training.data import Data
from satnet.training.data_facts import with_reach
from satnet.training.fold_metrics import FoldMetrics
from satnet.training.program import EpochSums
from satnet.training.quality import final_quality
from satnet.training.result import FoldResult
from satnet.training.seeds import DROPOUT, SHUFFLE, rng_for, seed_of
from satnet.training.stopping import StoppingRules

Report = Callable[[MeasuredEpoch], str | None]


@dataclass
class FoldRun:
    """One training run over one split of the rows.

    Attributes:
        spec: of the experiment.
        compiled: the network, ready for its first epoch.
        data: the split's rows.
        fold: None without cross-validation.
        on_epoch: is given each record, and says why it wants no more of them, if so.
        schedule: takes the checkpoints.
        earlier: what the folds before left.
    """

    spec: ExperimentSpec
    compiled: CompiledNetwork
    data: Data
    fold: int | None
    on_epoch: Report
    schedule: CheckpointSchedule
    earlier: tuple[FoldResult, ...] = ()

    def __post_init__(self) -> None:
        self.network, self.optimizer = self.compiled.network, self.compiled.optimizer
        self.probe, self.metrics = self.compiled.probe, FoldMetrics(self.spec, self.data, self.compiled.evaluate)
        self.variance = float(self.data.train.y.var()) if self.data.task == "regression" else None

    def train(self, resume: Checkpoint | None = None) -> FoldResult:
        """All epochs (those after the one of `resume`), then the test rows."""
        rules = StoppingRules.of(self.spec)
        if resume is None:
            rules.ended_by = self.report(0, None, time.monotonic())
        else:
            self._restore(resume, rules)
        for epoch in range(1 if resume is None else resume.epoch + 1, self.spec.training.epochs + 1):
            if rules.over:  # the last epoch of the attempt before was its last
                break
            began = time.monotonic()
            sums = self.compiled.program.run(self.order(epoch), self.schedule.check)
            self.epoch_over(epoch, sums, began, rules)
            if rules.ended_by is None:
                self.schedule.epoch_over(partial(self.checkpoint, epoch, rules), time.monotonic() - began)
        return self.result(rules)

    def epoch_over(self, epoch: int, sums: EpochSums, began: float, rules: StoppingRules) -> None:
        """Evaluate, report, decide; the network and the optimizer hold what the epoch left. Raises NonFiniteLoss."""
        metrics = self._epoch_metrics(sums, began, rules)
        rules.take(metrics, self.network.model.get_weights)
        finite = math.isfinite(sums.loss)
        last = epoch == self.spec.training.epochs or rules.over or not finite
        if last or epoch % self.spec.saturation.every == 0:
            if not rules.watches_training:
                metrics["train"] |= self.metrics.of_training_rows()
            rules.ended_by = self.report(epoch, sums, began, metrics)
        if not finite:
            raise NonFiniteLoss(f"the training loss became {sums.loss} in epoch {epoch}")
        rate = rules.reduced_rate(metrics, self._learning_rate)
        if rate is not None:
            self.optimizer.learning_rate = rate

    def result(self, rules: StoppingRules) -> FoldResult:
        """What the network brings on the test rows."""
        if rules.best_weights is not None:
            self.network.model.set_weights(rules.best_weights)
        data = self.data
        test, predictions = self.metrics.of(data.test)
        return FoldResult(
            test=test,
            quality=final_quality(self.metrics, predictions),
            statistics=data.statistics,
            parameters=self.network.model.count_params(),
            stop_reason=rules.stop_reason,
            xla=self.compiled.xla,
        )

    def checkpoint(self, epoch: int, rules: StoppingRules, optimizer: list[np.ndarray] | None = None) -> Checkpoint:
        """The state after an epoch; `optimizer`: its variables, where they are not those of the compiled network's."""
        arrays = numbered("weight", self.network.model.get_weights())
        variables = [variable.numpy() for variable in self.optimizer.variables] if optimizer is None else optimizer
        arrays |= numbered("optimizer", variables)
        arrays |= numbered("best", rules.best_weights or []) | numbered("alive", self.probe.alive)
        plateaus = [counter and asdict(counter) for counter in rules.counters]
        state = {"plateaus": plateaus, "results": [asdict(result) for result in self.earlier]}
        return Checkpoint(self.fold, epoch, arrays, state)

    def _restore(self, checkpoint: Checkpoint, rules: StoppingRules) -> None:
        """Put everything back as it was."""
        self.network.model.set_weights(checkpoint.part("weight"))
        for variable, value in zip(self.optimizer.variables, checkpoint.part("optimizer"), strict=True):
            variable.assign(value)
        self.probe.alive = checkpoint.part("alive")
        for counter, kept in zip(rules.counters, checkpoint.state["plateaus"], strict=True):
            if counter is not None:
                counter.best, counter.waited = kept["best"], kept["waited"]
        rules.best_weights = checkpoint.part("best") or None

    def order(self, epoch: int) -> np.ndarray:
        """The epoch's permutation, and the seeds of its noise: both follow from (seed, fold, epoch)."""
        spec, count = self.spec, len(self.data.train)
        part = 0 if self.fold is None else self.fold + 1
        for number, layer in enumerate(self.network.noise_layers()):
            state = layer.seed_generator.state
            state.assign(np.array([seed_of(int(spec.seed or 0), DROPOUT, part, epoch, number), 0], dtype=state.dtype))
        if not spec.training.shuffle:
            return np.arange(count)
        return rng_for(spec.order_seed, SHUFFLE, part, epoch).permutation(count)

    def report(
        self, epoch: int, sums: EpochSums | None, began: float, metrics: dict[str, Any] | None = None
    ) -> str | None:
        """Measure the network and report it; why whoever hears it wants no more, if so."""
        layers, network, values = self.probe.measure(
            sums.update_ratio if sums else {},
            sums.movement if sums else {},
            fresh=epoch == 0,
            classes=self.data.classes,
            variance=self.variance,
        )
        if metrics is None:  # epoch 0: the probe set stands for the training rows
            metrics = self._both_metrics(values["loss"], values["right"])
            metrics["train"] |= self.metrics.of_training_rows()
        record = {"epoch": epoch, "fold": self.fold} | metrics
        record |= {"seconds": time.monotonic() - began, "layers": layers, "network": network}
        record["input"] = {"mean": values["input_mean"], "std": values["input_std"]}
        record["units"] = dict(self.probe.units)
        network |= record.pop("recalls")
        if epoch == 0:
            output = self.network.output
            record["data"] = with_reach(self.data.facts, self.data.train.y, output.activation, output.parameters)
        if epoch == 0 and self.network.batch_normalizations():
            record["batch_statistics"] = "probe"
        return self.on_epoch(cast(MeasuredEpoch, record))

    def _epoch_metrics(self, sums: EpochSums, began: float, rules: StoppingRules) -> dict[str, Any]:
        metrics = self._both_metrics(sums.loss, sums.accuracy)
        if rules.watches_training:
            metrics["train"] |= self.metrics.of_training_rows()
        return metrics | {"seconds": time.monotonic() - began}

    def _both_metrics(self, loss: float, accuracy: float) -> dict[str, Any]:
        """These of the training rows, and the validation rows'."""
        validation, predictions = self.metrics.of(self.data.validation)
        train, recalls = self.metrics.running(loss, accuracy), self.metrics.recalls(predictions)
        rate = self._learning_rate()
        return {"learning_rate": rate, "train": train, "validation": validation, "recalls": recalls}

    def _learning_rate(self) -> float:
        return float(self.optimizer.learning_rate)
