"""Keras's optimizers and schedules from a spec, and what changes the learning rate between epochs."""

import inspect
from dataclasses import dataclass
from typing import Any

import keras

from satnet.errors import BuildError
from satnet.spec import ExperimentSpec
from satnet.spec.metrics import more_is_better


def build_optimizer(spec: ExperimentSpec) -> Any:
    """Keras's optimizer by name with the spec's parameters, its schedule, and loss scaling in float16."""
    parameters = {key: value for key, value in spec.optimizer.parameters.items() if value is not None}
    schedule = spec.training.learning_rate_schedule
    if schedule is not None and schedule.name != "reduce_on_plateau":
        parameters["learning_rate"] = _decay(schedule, parameters["learning_rate"])
    cls = type(keras.optimizers.get(spec.optimizer.name))
    try:
        optimizer = cls(**parameters)
    except (TypeError, ValueError) as error:
        allowed = ", ".join(list(inspect.signature(cls.__init__).parameters)[1:])
        raise BuildError(f"Keras refused {spec.optimizer.name}: {error}; it takes {allowed}") from error
    if spec.resources.precision == "mixed_float16":  # small gradients would become 0 in float16
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _decay(schedule: Any, rate: float) -> Any:
    schedules = keras.optimizers.schedules
    if schedule.name == "exponential_decay":
        return schedules.ExponentialDecay(rate, schedule.decay_steps, schedule.decay_rate, staircase=schedule.staircase)
    return schedules.CosineDecay(rate, schedule.decay_steps, alpha=schedule.alpha)


def monitored(record: dict[str, Any], monitor: str) -> float:
    """The value of `train.loss`, `validation.accuracy` and the like; NaN where there is none."""
    part, _, key = monitor.partition(".")
    value = (record.get(part) or {}).get(key)
    return float("nan") if value is None else float(value)


@dataclass
class Plateau:
    """Counts the epochs in which a metric did not improve, as Keras's callbacks do."""

    monitor: str
    patience: int
    min_delta: float = 0.0
    best: float | None = None
    waited: int = 0

    def better(self, record: dict[str, Any]) -> bool:
        """Take one epoch's metrics in; True if they are the best so far."""
        value = monitored(record, self.monitor)
        sign = 1.0 if more_is_better(self.monitor) else -1.0
        if value == value and (self.best is None or sign * (value - self.best) > self.min_delta):
            self.best, self.waited = value, 0
            return True
        self.waited += 1
        return False

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        return self.waited >= max(1, self.patience)
