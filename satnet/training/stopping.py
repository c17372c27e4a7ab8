"""What is decided between epochs: early stopping, a plateau's learning rate, which weights were best."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from satnet.spec import ExperimentSpec
from satnet.spec.metrics import METRICS
from satnet.training.optimizer import Plateau


@dataclass
class StoppingRules:
    """When one training run ends, and what it keeps until then.

    Attributes:
        early_stopping: the spec's, or None.
        reduce_on_plateau: the spec's schedule, where it is this one.
        no_progress: counts the epochs for early stopping.
        plateau: counts the epochs for the learning rate.
        best_weights: those of the best epoch, where the spec wants them back.
        ended_by: why whoever hears of the epochs wants no more of them.
    """

    early_stopping: Any
    reduce_on_plateau: Any
    no_progress: Plateau | None
    plateau: Plateau | None
    best_weights: list[np.ndarray] | None = None
    ended_by: str | None = None

    @classmethod
    def of(cls, spec: ExperimentSpec) -> "StoppingRules":
        """At the start of a run."""
        stop, schedule = spec.training.early_stopping, spec.training.learning_rate_schedule
        reduce: Any = schedule if schedule is not None and schedule.name == "reduce_on_plateau" else None
        return cls(
            early_stopping=stop,
            reduce_on_plateau=reduce,
            no_progress=Plateau(stop.monitor, stop.patience, stop.min_delta) if stop else None,
            plateau=Plateau(reduce.monitor, reduce.patience) if reduce else None,
        )

    @property
    def watches_training(self) -> bool:
        """Whether a metric is watched that takes a pass over the training rows."""
        return any(
            counter is not None
            and counter.monitor.startswith("train.")
            and counter.monitor.partition(".")[2] in METRICS
            for counter in self.counters
        )

    @property
    def over(self) -> bool:
        """Whether the epoch before was the last."""
        return self.ended_by is not None or (self.no_progress is not None and self.no_progress.over)

    @property
    def stop_reason(self) -> str:
        """Of a run that has ended."""
        if self.ended_by is not None:
            return self.ended_by
        return "early_stopping" if self.over else "completed"

    def take(self, metrics: dict[str, Any], weights: Callable[[], list[np.ndarray]]) -> None:
        """One epoch's metrics, and the weights that brought them, should they be kept."""
        if self.no_progress and self.no_progress.better(metrics) and self.early_stopping.restore_best_weights:
            self.best_weights = weights()

    def reduced_rate(self, metrics: dict[str, Any], rate: Callable[[], float]) -> float | None:
        """The learning rate from here on; None where it stays."""
        if self.plateau is None or self.plateau.better(metrics) or not self.plateau.over:
            return None
        self.plateau.waited = 0
        return float(max(rate() * self.reduce_on_plateau.factor, self.reduce_on_plateau.min_lr))

    @property
    def counters(self) -> tuple[Plateau | None, Plateau | None]:
        """What a checkpoint keeps besides the best weights."""
        return self.no_progress, self.plateau
