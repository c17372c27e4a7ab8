"""What the rules look at: what is known of the network before training, and its measured epochs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from satnet.saturation.diagnosis.thresholds import Threshold, thresholds
from satnet.spec import ExperimentSpec, dataset_info, output_activation
from satnet.spec.external import ExternalSpec
from satnet.spec.hidden import PlannedActivation, activations

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """The network as asked for. `spec` is None for a network of the user's own, which no patch can change."""

    loss: str
    output_activation: str
    optimizer: str
    learning_rate: float
    hidden: tuple[PlannedActivation, ...]
    output: PlannedActivation | None
    initializers: Mapping[str, str]  # hidden layer -> name of its kernel initializer
    spec: Mapping[str, Any] | None = None  # normalised JSON
    raw_input: tuple[float, float] | None = None  # mean and std, where nothing standardizes them
    validates_on_test: bool = False
    predicted_std: Mapping[str, float] = field(default_factory=dict)  # hidden layer -> std of its kernel


def facts_of(spec: ExperimentSpec) -> Facts:
    """What a spec says before anything trains."""
    *found, output = activations(spec)
    hidden, initializers, predicted = tuple(found), {}, {}
    for layer in hidden:
        if layer.weights is not None:
            named = spec.layers[layer.weights].kernel_initializer  # type: ignore[union-attr]  # weights is the index of a layer with a kernel
            initializers[layer.name] = named.name
            std = initial_std(named.name, named.parameters, layer.fan_in, layer.fan_out)
            if std is not None:
                predicted[layer.name] = std
    info = dataset_info(spec.dataset)
    return Facts(
        loss=spec.loss,
        output_activation=output_activation(spec),
        optimizer=spec.optimizer.name,
        learning_rate=float(spec.optimizer.parameters["learning_rate"]),
        hidden=hidden,
        output=output,
        initializers=initializers,
        spec=spec.to_json(),
        raw_input=info.raw_input if info and spec.dataset.standardize == "none" else None,
        validates_on_test=spec.dataset.validation_fraction == 0 and spec.cross_validation is None,
        predicted_std=predicted,
    )


def facts_of_external(spec: ExternalSpec) -> Facts:
    """What is known of a network that was trained elsewhere."""
    return Facts(
        loss=spec.loss,
        output_activation=spec.output_activation,
        optimizer=spec.optimizer,
        learning_rate=spec.learning_rate,
        hidden=spec.planned(),
        output=None,
        initializers={one.name: one.initializer for one in spec.layers if one.initializer},
    )


def initial_std(name: str, parameters: Mapping[str, Any], fan_in: int | None, fan_out: int | None) -> float | None:
    """The standard deviation that a Keras initializer gives a kernel; None where that takes a look."""
    if name in ("zeros", "ones", "constant"):
        return 0.0
    if name == "random_uniform":
        return float(parameters.get("maxval", 0.05) - parameters.get("minval", -0.05)) / math.sqrt(12)
    if name == "random_normal":
        return float(parameters.get("stddev", 0.05))
    if name == "truncated_normal":  # cut at two standard deviations
        return 0.8796 * float(parameters.get("stddev", 0.05))
    if fan_in is None or fan_out is None:
        return None
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    scale, mode = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}.get(
        name.partition("_")[0], (None, "")
    )
    if name == "variance_scaling":
        scale, mode = float(parameters.get("scale", 1.0)), str(parameters.get("mode", "fan_in"))
    return None if scale is None else math.sqrt(scale / fans[mode])


@dataclass(frozen=True)
class Run:
    """Facts and the measured epochs of one fold, in order."""

    facts: Facts
    records: Sequence[Record]
    limits: Mapping[str, Threshold] = field(default_factory=thresholds)

    def limit(self, name: str) -> float:
        """A threshold's value."""
        return self.limits[name].value

    @cached_property
    def planned(self) -> dict[str, PlannedActivation]:
        """Hidden layers by name."""
        return {layer.name: layer for layer in self.facts.hidden}

    @property
    def first(self) -> Record | None:
        """Epoch 0."""
        return self.records[0] if self.records and self.records[0]["epoch"] == 0 else None

    def layers(self, place: int) -> list[Mapping[str, Any]]:
        """The layer records of the measured epoch at `place`."""
        return list(self.records[place]["layers"])

    def layer(self, place: int, name: str) -> Mapping[str, Any]:
        """The record of one layer at `place`; empty where the layer has none."""
        return next((one for one in self.layers(place) if one["name"] == name), {})

    def chance(self) -> float | None:
        """The uninformed guess's loss, from epoch 0's loss_over_chance; else epoch 0's own loss."""
        if self.first is None:
            return None
        loss, over = self.first["train"]["loss"], self.first["network"]["loss_over_chance"]
        if loss is None:
            return None
        return float(loss / over) if over else float(loss)

    @cached_property
    def _stalled(self) -> list[bool]:
        chance, told = self.chance(), []
        losses = [record["train"]["loss"] for record in self.records]
        for place, record in enumerate(self.records):
            window = losses[place - 2 : place + 1] if place >= 2 else []
            if record["epoch"] == 0 or self.records[max(0, place - 2)]["epoch"] == 0 or not window:
                told.append(False)
                continue
            if chance is None or any(loss is None for loss in window):
                told.append(False)
                continue
            fell = (window[0] - window[-1]) / abs(window[0]) if window[0] else 0.0
            above = window[-1] > self.limit("stalled_over_chance") * chance
            told.append(fell < self.limit("stalled_fall") and above)
        return told

    def stalled(self, place: int) -> bool:
        """Whether the training loss fell by less than 1 % over the last three measured epochs, still high."""
        return self._stalled[place]

    @property
    def is_stalled(self) -> bool:
        """Whether it was stalled at the last two measured epochs."""
        return len(self._stalled) >= 2 and all(self._stalled[-2:])
