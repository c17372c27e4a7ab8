"""How training ended; without TensorFlow, for whoever only hears of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: extra keys of the summary, the environment, and why it stopped."""

    summary_extra: dict[str, Any]
    environment: dict[str, Any]
    stop_reason: str  # completed, early_stopping, or what on_epoch said
