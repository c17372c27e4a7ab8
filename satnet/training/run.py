"""Train one experiment: data in, one compiled epoch after another, each measured and reported."""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

from satnet.errors import DeadlineExceeded
from satnet.records.schema import MeasuredEpoch, Metrics, TrainingExtra
from satnet.spec import ExperimentSpec
from satnet.training import compiled
from satnet.training.checkpoint import Checkpoint
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.data import Data
from satnet.training.environment import environment
from satnet.training.export import save_model
from satnet.training.fold_run import FoldRun, Report
from satnet.training.memory import device_memory
from satnet.training.network import Network
from satnet.training.result import FoldResult, TrainedFold, TrainingResult
from satnet.training.row_cache import prepared
from satnet.training.splits import probe_index

KeepModel = Callable[[Path], Any]
Elsewhere = Callable[[int, Callable[[], None]], TrainedFold | None]
_log = logging.getLogger(__name__)


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

    schedule = CheckpointSchedule(checked, keep_checkpoint, checkpoint_every)
    with device_memory():
        return _train(spec, data_dir, on_epoch, schedule, attempt, keep_model, resume, elsewhere)


def _train(
    spec: ExperimentSpec,
    data_dir: Path,
    on_epoch: Report,
    schedule: CheckpointSchedule,
    attempt: int,
    keep: KeepModel | None,
    resume: Checkpoint | None,
    elsewhere: Elsewhere | None,
) -> TrainingResult:
    results = [FoldResult(**kept) for kept in resume.state["results"]] if resume else []
    done = len(results)
    for number, (fold, ready) in enumerate(prepared(spec, data_dir)):
        if number < done:
            continue
        trained, network = None, None
        if elsewhere is not None and fold is not None and resume is None:
            trained = elsewhere(fold, partial(schedule.check, under_way=False))
        if trained is not None:
            for record in trained.records:
                on_epoch(record)
            results.append(FoldResult(**trained.result))
        else:
            result, network = _train_one(spec, fold, ready(), on_epoch, schedule, tuple(results), resume)
            results.append(result)
        resume = None
    last, data = results[-1], ready()
    extra = summary_extra(last, data)
    if spec.cross_validation is not None:
        extra["folds"] = [
            {"fold": number, "test": cast(Metrics, result.test), "worker": result.worker}
            for number, result in enumerate(results)
        ]
    if keep is not None:
        extra["model"] = kept_model(network, data, keep) if network is not None else trained.model if trained else None
    reasons = {result.stop_reason for result in results}
    about = environment() | {"attempt": attempt, "xla": last.xla}
    return TrainingResult(extra, about, "completed" if "completed" in reasons else reasons.pop())


def _train_one(
    spec: ExperimentSpec,
    fold: int | None,
    data: Data,
    on_epoch: Report,
    schedule: CheckpointSchedule,
    earlier: tuple[FoldResult, ...] = (),
    resume: Checkpoint | None = None,
) -> tuple[FoldResult, Network]:
    schedule.check()
    probed = data.probed(probe_index(data.labels, data.classes, spec.saturation.probe_size, spec.rows_seed))
    built = compiled.obtain(spec, fold, data, probed)
    return FoldRun(spec, built, data, fold, on_epoch, schedule, earlier).train(resume), built.network


def train_fold(
    spec: ExperimentSpec, fold: int, *, data_dir: Path, check: Callable[[], None], keep_model: KeepModel
) -> TrainedFold:
    """Train one fold for the process that trains the others: the numbers are those that it would have got.

    Args and errors as for `train`; `keep_model` is called for the last fold alone, whose model is the experiment's.
    """
    records: list[MeasuredEpoch] = []
    with device_memory():
        parts = list(prepared(spec, data_dir))
        data = parts[fold][1]()
        result, network = _train_one(spec, fold, data, records.append, CheckpointSchedule(check, None))
        model = kept_model(network, data, keep_model) if fold == len(parts) - 1 else None
    return TrainedFold(records, asdict(result), model)


def summary_extra(result: FoldResult, data: Data) -> TrainingExtra:
    """What the summary says besides the epochs."""
    rows = {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)}
    about = {"test": result.test, "dataset": result.statistics, "parameters": result.parameters, "rows": rows}
    return cast(TrainingExtra, about | result.quality)


def kept_model(network: Network, data: Data, keep: KeepModel) -> Any:
    """What `keep` says of the model's file; None where it could not be kept, which costs no result."""
    try:
        with tempfile.TemporaryDirectory(prefix="satnet-model-") as folder:
            path = Path(folder) / "model.keras"
            save_model(network, data, path)
            return keep(path)
    except OSError as error:
        _log.warning("the model was not kept: %s", error)
        return None
