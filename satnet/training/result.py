"""How training ended; without TensorFlow, for whoever only hears of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: extra keys of the summary, the environment, and why it stopped."""

    summary_extra: dict[str, Any]
    environment: dict[str, Any]
    stop_reason: str  # completed, early_stopping, or what on_epoch said


@dataclass(frozen=True)
class TrainedFold:
    """One fold's run, as JSON holds it, for whoever trains the others."""

    records: list[dict[str, Any]]
    result: dict[str, Any]  # fields of a FoldResult
    model: Any  # what `keep_model` said of its file; None where it was not kept
