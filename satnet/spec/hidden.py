"""The hidden layers of a spec by the names that their records carry."""

from dataclasses import dataclass
from typing import Any

from satnet.spec.datasets import dataset_info
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.initializers import Fans
from satnet.spec.shapes import numbered_layers, plan
from satnet.spec.walk import WalkedActivation, walk


@dataclass(frozen=True)
class PlannedActivation:
    """One activation as the network will have it; indices are places in `spec.layers`."""

    name: str
    activation: str
    parameters: dict[str, Any]
    weights: int | None  # the layer with the kernel; None for an activation without one
    activated: int  # the layer that names the activation
    batch_normalization: str  # none, before_activation, after_activation
    fan_in: int | None
    fan_out: int | None


def activations(spec: ExperimentSpec) -> tuple[PlannedActivation, ...]:
    """All activations in order, the output layer's last."""
    layers = numbered_layers(spec)
    fans = _fans(spec)
    walked = walk([layer.part() for _, layer in layers])

    def planned(one: WalkedActivation) -> PlannedActivation:
        fan_in, fan_out = (None, None) if one.kernel is None else fans.get(one.kernel) or (None, None)
        weights = None if one.kernel is None else layers[one.kernel][0]
        activated, parameters = layers[one.place][0], dict(one.parameters)
        norm = one.batch_normalization
        return PlannedActivation(one.name, one.activation, parameters, weights, activated, norm, fan_in, fan_out)

    return tuple(planned(one) for one in walked.activations)


def hidden_layers(spec: ExperimentSpec) -> tuple[PlannedActivation, ...]:
    """All but the output layer's."""
    return activations(spec)[:-1]


def _fans(spec: ExperimentSpec) -> dict[int, Fans]:
    """By place in the unrolled layers; empty where the dataset is a file, which only the worker can open."""
    info = dataset_info(spec.dataset)
    if info is None:
        return {}
    shapes = [one.input_shape for one in plan(spec, info.input_shape)[0].layers]
    fans = {
        place: layer.fans(shape)
        for place, ((_, layer), shape) in enumerate(zip(numbered_layers(spec), shapes, strict=False))
    }
    return {place: one for place, one in fans.items() if one is not None}
