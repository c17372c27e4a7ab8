"""What is decided between epochs: early stopping, a plateau's learning rate, which weights were best."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from satnet.spec import ExperimentSpec
from satnet.training.optimizer import Plateau


@dataclass
class StoppingRules:
    """Of one training run."""

    stopping: Any  # the spec's early_stopping
    schedule: Any  # the spec's schedule, where it is reduce_on_plateau
    stop: Plateau | None
    reduce: Plateau | None
    best: list[np.ndarray] | None = None
    ended: str | None = None  # why whoever hears of the epochs wants no more of them

    @classmethod
    def of(cls, spec: ExperimentSpec) -> "StoppingRules":
        """At its start."""
        stopping, schedule = spec.training.early_stopping, spec.training.learning_rate_schedule
        plateau: Any = schedule if schedule is not None and schedule.name == "reduce_on_plateau" else None
        return cls(
            stopping,
            plateau,
            Plateau(stopping.monitor, stopping.patience, stopping.min_delta) if stopping else None,
            Plateau(plateau.monitor, plateau.patience) if plateau else None,
        )

    @property
    def over(self) -> bool:
        """Whether the epoch before was the last."""
        return self.ended is not None or (self.stop is not None and self.stop.over)

    @property
    def stop_reason(self) -> str:
        """Once it has come to its end."""
        if self.ended is not None:
            return self.ended
        return "early_stopping" if self.over else "completed"

    def take(self, metrics: dict[str, Any], weights: Callable[[], list[np.ndarray]]) -> None:
        """One epoch's metrics, and the weights that brought them, should they be kept."""
        if self.stop and self.stop.better(metrics) and self.stopping.restore_best_weights:
            self.best = weights()

    def reduced(self, metrics: dict[str, Any], rate: float) -> float | None:
        """The learning rate from here on; None where it stays."""
        if self.reduce is None or self.reduce.better(metrics) or not self.reduce.over:
            return None
        self.reduce.waited = 0
        return float(max(rate * self.schedule.factor, self.schedule.min_lr))

    @property
    def plateaus(self) -> tuple[Plateau | None, Plateau | None]:
        """What a checkpoint keeps besides the best weights."""
        return self.stop, self.reduce
