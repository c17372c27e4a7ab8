"""Shapes and parameter counts in pure Python, so that a spec that cannot be built is refused at POST."""

from collections.abc import Sequence
from dataclasses import dataclass

from satnet.errors import FieldError
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.layer_type import LayerType, Misfit, Shape
from satnet.spec.layers import Layer

MOST_LAYERS, MOST_PARAMETERS = 64, 50_000_000


@dataclass(frozen=True)
class PlannedLayer:
    """One layer as Keras will build it; shapes without the rows."""

    pointer: str
    type: str
    input_shape: Shape
    output_shape: Shape
    parameters: int


@dataclass(frozen=True)
class NetworkPlan:
    """All layers, repeats unrolled."""

    layers: tuple[PlannedLayer, ...]
    parameters: int


def expand_layers(spec: ExperimentSpec) -> tuple[Layer, ...]:
    """The layers with `repeat` unrolled."""
    return tuple(layer for _, layer in numbered_layers(spec))


def numbered_layers(spec: ExperimentSpec) -> list[tuple[int, Layer]]:
    """The layers with `repeat` unrolled, each with its index in the spec."""
    return [(index, layer) for index, layer in enumerate(spec.layers) for _ in range(int(getattr(layer, "repeat", 1)))]


def needs_channel(layers: Sequence[LayerType], shape: Shape) -> bool:
    """Whether rows x height x width get one channel, because the first layer works on images."""
    return len(shape) == 2 and layers[0].needs_image


def plan(spec: ExperimentSpec, shape: Shape) -> tuple[NetworkPlan, list[FieldError]]:
    """Carry `shape` through the layers; the plan as far as it goes, and what does not fit."""
    if needs_channel(spec.layers, shape):
        shape = (*shape, 1)
    planned: list[PlannedLayer] = []
    for index, layer in numbered_layers(spec):
        try:
            after, count = layer.output(shape)
        except Misfit as misfit:
            pointer = f"#/layers/{index}/{misfit.field}"
            return _planned(planned), [FieldError(pointer, misfit.detail, "shape", misfit.got)]
        planned.append(PlannedLayer(f"#/layers/{index}", layer.type, shape, after, count))
        shape = after
    network = _planned(planned)
    return network, _too_large(network)


def _too_large(network: NetworkPlan) -> list[FieldError]:
    errors = []
    if len(network.layers) > MOST_LAYERS:
        detail = f"at most {MOST_LAYERS} layers are allowed, repeats counted"
        errors.append(FieldError("#/layers", detail, "limit", len(network.layers)))
    if network.parameters > MOST_PARAMETERS:
        detail = f"the network has {network.parameters:,} parameters; at most {MOST_PARAMETERS:,} are allowed"
        errors.append(FieldError("#/layers", detail, "limit", network.parameters))
    return errors


def _planned(layers: list[PlannedLayer]) -> NetworkPlan:
    return NetworkPlan(tuple(layers), sum(layer.parameters for layer in layers))
