"""Train one experiment: data in, one compiled epoch after another, each measured and reported."""

import contextlib
import logging
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from satnet.errors import DeadlineExceeded, NonFiniteLoss, OutOfMemory
from satnet.spec import ExperimentSpec
from satnet.training import cache, rows
from satnet.training.cache import Machine
from satnet.training.checkpoint import Checkpoint, numbered
from satnet.training.course import Course
from satnet.training.data import Data, probe_index, rng_for
from satnet.training.environment import environment
from satnet.training.export import save_model
from satnet.training.keeper import Keeper
from satnet.training.network import Network, seed_of
from satnet.training.program import EpochSums
from satnet.training.result import TrainedFold, TrainingResult
from satnet.training.rows import prepared

Report = Callable[[dict[str, Any]], str | None]
KeepModel = Callable[[Path], Any]
Elsewhere = Callable[[int, Callable[[], None]], TrainedFold | None]
_log = logging.getLogger(__name__)
_SHUFFLE, _DROPOUT = 6, 7  # what a derived seed is for


def train(
    spec: ExperimentSpec,
    *,
    data_dir: Path,
    on_epoch: Report,
    check: Callable[[], None] = lambda: None,
    attempt: int = 1,
    keep_model: KeepModel | None = None,
    resume: Checkpoint | None = None,
    keep_checkpoint: Callable[[Checkpoint], None] | None = None,
    checkpoint_every: float = 10.0,
    spent: float = 0.0,
    elsewhere: Elsewhere | None = None,
) -> TrainingResult:
    """Train `spec` in this process and report each measured epoch's record.

    Args:
        spec: with its seed drawn.
        data_dir: where `datasets/NAME.npz` is looked for.
        on_epoch: called with one record of METRICS section 3 for epoch 0 and each measured epoch; what it returns
            other than None ends the run (with folds, the fold) there, and is its stop_reason.
        check: called between slices of at most about a second; raises Interrupted to stop.
        attempt: goes into the environment.
        keep_model: called with the path of the trained model's file; what it returns goes into the summary.
        resume: go on from here; on a CPU, bit for bit as if the run had not stopped.
        keep_checkpoint: called with the state now and then, and before the run lets go because `check` asked for pause
            or drain.
        checkpoint_every: seconds from one checkpoint to the next, at least.
        spent: seconds of `resources.max_seconds` that earlier attempts took.
        elsewhere: asked at the start of each fold, with its number and `check`: what another process made of it
            (`train_fold`), None to train it here.

    Raises:
        DataError, BuildError, NonFiniteLoss, OutOfMemory, DeadlineExceeded: the experiment failed.
        Interrupted: `check` said so.
    """
    deadline = time.monotonic() + spec.resources.max_seconds - spent

    def checked() -> None:
        check()
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"ran longer than resources.max_seconds = {spec.resources.max_seconds}")

    keeper = Keeper(checked, keep_checkpoint, checkpoint_every)
    with _memory():
        return _train(spec, data_dir, on_epoch, keeper, attempt, keep_model, resume, elsewhere)


def _train(
    spec: ExperimentSpec,
    data_dir: Path,
    on_epoch: Report,
    keeper: Keeper,
    attempt: int,
    keep: KeepModel | None,
    resume: Checkpoint | None,
    elsewhere: Elsewhere | None,
) -> TrainingResult:
    results = [FoldResult(**one) for one in resume.state["results"]] if resume else []
    done = len(results)
    for number, (fold, ready) in enumerate(prepared(spec, data_dir)):
        if number < done:
            continue
        found, network = None, None
        if elsewhere is not None and fold is not None and resume is None:
            found = elsewhere(fold, partial(keeper.check, under_way=False))
        if found is not None:
            for record in found.records:
                on_epoch(record)
            results.append(FoldResult(**found.result))
        else:
            one, network = _train_one(spec, fold, ready(), on_epoch, keeper, tuple(results), resume)
            results.append(one)
        resume = None
    last, data = results[-1], ready()
    extra = summary_extra(last, data)
    if spec.cross_validation is not None:
        extra["folds"] = [{"fold": n, "test": one.test, "worker": one.worker} for n, one in enumerate(results)]
    if keep is not None:
        extra["model"] = kept_model(network, data, keep) if network is not None else found and found.model
    reasons = {one.stop_reason for one in results}
    about = environment() | {"attempt": attempt, "xla": last.xla}
    return TrainingResult(extra, about, "completed" if "completed" in reasons else reasons.pop())


def _train_one(
    spec: ExperimentSpec,
    fold: int | None,
    data: Data,
    on_epoch: Report,
    keeper: Keeper,
    earlier: "tuple[FoldResult, ...]" = (),
    resume: Checkpoint | None = None,
) -> "tuple[FoldResult, Network]":
    keeper.check()
    probed = data.probed(probe_index(data.labels, data.classes, spec.saturation.probe_size, spec.rows_seed))
    built = cache.machine(spec, fold, data, probed)
    return Fold(spec, built, data, fold, on_epoch, keeper, earlier).train(resume), built.network


def train_fold(
    spec: ExperimentSpec, fold: int, *, data_dir: Path, check: Callable[[], None], keep_model: KeepModel
) -> TrainedFold:
    """Train one fold for the process that trains the others: the numbers are those that it would have got.

    Args and errors as for `train`; `keep_model` is called for the last fold alone, whose model is the experiment's.
    """
    records: list[dict[str, Any]] = []
    with _memory():
        parts = list(prepared(spec, data_dir))
        data = parts[fold][1]()
        result, network = _train_one(spec, fold, data, records.append, Keeper(check, None))
        model = kept_model(network, data, keep_model) if fold == len(parts) - 1 else None
    return TrainedFold(records, asdict(result), model)


@contextlib.contextmanager
def _memory() -> Iterator[None]:
    """A device without enough memory as OutOfMemory, and all of it given back."""
    try:
        yield
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        cache.forget()
        rows.forget()
        keras.backend.clear_session()
        raise OutOfMemory(f"the device has not enough memory: {str(error)[:300]}") from error


def summary_extra(result: "FoldResult", data: Data) -> dict[str, Any]:
    """What the summary says besides the epochs."""
    told = {"test": result.test, "dataset": result.statistics, "parameters": result.parameters} | result.quality
    told["rows"] = {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)}
    return told


def kept_model(network: Network, data: Data, keep: KeepModel) -> Any:
    """What `keep` tells of the model's file; None where it could not be kept, which costs no result."""
    try:
        with tempfile.TemporaryDirectory(prefix="satnet-model-") as folder:
            path = Path(folder) / "model.keras"
            save_model(network, data, path)
            return keep(path)
    except OSError as error:
        _log.warning("the model was not kept: %s", error)
        return None


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
class Fold:
    """One training run over one split of the rows."""

    spec: ExperimentSpec
    machine: Machine
    data: Data
    fold: int | None
    on_epoch: Report
    keeper: Keeper
    earlier: tuple[FoldResult, ...] = ()

    def __post_init__(self) -> None:
        built = self.machine
        self.network, self.optimizer, self.evaluate, self.probe = (
            built.network,
            built.optimizer,
            built.evaluate,
            built.probe,
        )
        self.variance = float(self.data.train.y.var()) if self.data.classes is None else None

    def train(self, resume: Checkpoint | None = None) -> FoldResult:
        """All epochs (those after the one of `resume`), then the test rows."""
        course = Course.of(self.spec)
        if resume is None:
            course.ended = self.report(0, None, time.monotonic())
        else:
            self._restore(resume, course)
        for epoch in range(1 if resume is None else resume.epoch + 1, self.spec.training.epochs + 1):
            if course.over:  # the last epoch of the attempt before was its last
                break
            began = time.monotonic()
            sums = self.machine.program.run(self.order(epoch), self.keeper.check)
            self.epoch_over(epoch, sums, began, course)
            if course.ended is None:
                self.keeper.epoch_over(lambda: self.checkpoint(epoch, course), time.monotonic() - began)  # noqa: B023
        return self.result(course)

    def epoch_over(self, epoch: int, sums: EpochSums, began: float, course: Course) -> None:
        """Evaluate, report, decide; the network and the optimizer hold what the epoch left. Raises NonFiniteLoss."""
        metrics = self._epoch_metrics(sums, began)
        course.take(metrics, self.network.model.get_weights)
        finite = math.isfinite(sums.loss)
        last = epoch == self.spec.training.epochs or course.over or not finite
        if last or epoch % self.spec.saturation.every == 0:
            course.ended = self.report(epoch, sums, began, metrics)
        if not finite:
            raise NonFiniteLoss(f"the training loss became {sums.loss} in epoch {epoch}")
        rate = course.reduced(metrics, float(self.optimizer.learning_rate)) if course.reduce else None
        if rate is not None:
            self.optimizer.learning_rate = rate

    def result(self, course: Course) -> FoldResult:
        """What the network brings on the test rows."""
        if course.best is not None:
            self.network.model.set_weights(course.best)
        test, predictions = self._metrics(self.data.test.x, self.data.test.y)
        return FoldResult(
            test,
            self._quality(predictions),
            self.data.statistics,
            self.network.model.count_params(),
            course.stop_reason,
            self.machine.xla,
        )

    def checkpoint(self, epoch: int, course: Course, optimizer: list[np.ndarray] | None = None) -> Checkpoint:
        """The state after an epoch; `optimizer`: its variables, where they are not those of the machine's."""
        arrays = numbered("weight", self.network.model.get_weights())
        variables = [variable.numpy() for variable in self.optimizer.variables] if optimizer is None else optimizer
        arrays |= numbered("optimizer", variables)
        arrays |= numbered("best", course.best or []) | numbered("alive", self.probe.alive)
        plateaus = [one and asdict(one) for one in course.plateaus]
        state = {"plateaus": plateaus, "results": [asdict(one) for one in self.earlier]}
        return Checkpoint(self.fold, epoch, arrays, state)

    def _restore(self, checkpoint: Checkpoint, course: Course) -> None:
        """Put everything back as it was."""
        self.network.model.set_weights(checkpoint.part("weight"))
        for variable, value in zip(self.optimizer.variables, checkpoint.part("optimizer"), strict=True):
            variable.assign(value)
        self.probe.alive = checkpoint.part("alive")
        for plateau, kept in zip(course.plateaus, checkpoint.state["plateaus"], strict=True):
            if plateau is not None:
                plateau.best, plateau.waited = kept["best"], kept["waited"]
        course.best = checkpoint.part("best") or None

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
        return self.on_epoch(record)

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
