"""What the rules look at: the network as planned and the measured epochs of one fold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from satnet.records.schema import EpochRecord, LayerRecord, Severity
from satnet.saturation.diagnosis.facts import Facts
from satnet.saturation.diagnosis.finding import Evidence, Scalar
from satnet.saturation.diagnosis.thresholds import Limits, Threshold
from satnet.spec.hidden import PlannedActivation

STALLED = {
    "stalled_fall": Threshold(0.01, "less than 1 % over three measured epochs"),
    "stalled_over_chance": Threshold(0.5, "half of chance level"),
}


@dataclass(frozen=True)
class Run:
    """Facts and the measured epochs of one fold, in order. A `place` is an index into `records`."""

    facts: Facts
    records: Sequence[EpochRecord]
    limits: Limits

    def limit(self, name: str) -> float:
        """A threshold's value."""
        return self.limits[name].value

    def grade(self, name: str, value: float | None, *, or_equal: bool = False) -> Severity | None:
        """How a value compares with the thresholds `name`_critical and `name`_warning; None: below both."""
        if value is None:
            return None
        grades: tuple[Severity, ...] = ("critical", "warning")
        for severity in grades:
            limit = self.limit(f"{name}_{severity}")
            if value > limit or (or_equal and value == limit):
                return severity
        return None

    def evidence(self, metric: str, value: Scalar, name: str, threshold: Scalar = None) -> Evidence:
        """A value against the threshold `name`; `threshold` where that is relative to something."""
        limit = self.limits[name]
        return Evidence(metric, value, limit.value if threshold is None else threshold, limit.source)

    @cached_property
    def planned(self) -> dict[str, PlannedActivation]:
        """Hidden layers by name."""
        return {layer.name: layer for layer in self.facts.hidden}

    @property
    def first(self) -> EpochRecord | None:
        """Epoch 0."""
        return self.records[0] if self.records and self.records[0]["epoch"] == 0 else None

    @property
    def last_epoch(self) -> int:
        """The last measured epoch; 0 before training."""
        return self.records[-1]["epoch"] if self.records else 0

    def layer(self, place: int, name: str) -> LayerRecord | None:
        """The record of one layer."""
        return next((one for one in self.records[place]["layers"] if one["name"] == name), None)

    def at_start(self, name: str) -> LayerRecord | None:
        """The record of one layer at epoch 0."""
        return None if self.first is None else self.layer(0, name)

    def measured_at_start(self) -> Iterator[tuple[PlannedActivation, LayerRecord]]:
        """Hidden layers with their records at epoch 0."""
        for name, layer in self.planned.items():
            record = self.at_start(name)
            if record is not None:
                yield layer, record

    def vanishing(self, place: int) -> bool:
        """Whether the first hidden layer gets a small part of the last one's gradient."""
        ratio = self.records[place]["network"]["vanish_ratio"]
        return ratio is not None and ratio < self.limit("vanish_ratio_warning")

    def chance(self) -> float | None:
        """Chance level, from epoch 0's loss_over_chance; else epoch 0's own loss."""
        if self.first is None:
            return None
        loss, over = self.first["train"]["loss"], self.first["network"]["loss_over_chance"]
        if loss is None:
            return None
        return float(loss / over) if over else float(loss)

    def stalled(self, place: int) -> bool:
        """Whether the training loss fell by less than 1 % over the last three measured epochs, still high."""
        chance = self.chance()
        if chance is None or place < 3:  # epoch 0 is no step of training
            return False
        losses = [record["train"]["loss"] for record in self.records[place - 2 : place + 1]]
        start, *_, end = losses
        if start is None or end is None or None in losses:
            return False
        fell = (start - end) / abs(start) if start else 0.0
        return fell < self.limit("stalled_fall") and end > self.limit("stalled_over_chance") * chance
