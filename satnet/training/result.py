"""How training ended; without TensorFlow, for whoever only hears of it."""

from dataclasses import dataclass
from typing import Any

from satnet.records.schema import Environment, MeasuredEpoch, TrainingExtra


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: extra keys of the summary, the environment, and why it stopped."""

    summary_extra: TrainingExtra
    environment: Environment
    stop_reason: str  # completed, early_stopping, or what on_epoch said


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


@dataclass(frozen=True)
class TrainedFold:
    """One fold's run, as JSON holds it, for whoever trains the others."""

    records: list[MeasuredEpoch]
    result: dict[str, Any]  # fields of a FoldResult
    model: Any  # what `keep_model` said of its file; None where it was not kept
