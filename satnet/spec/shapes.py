"""Shapes and parameter counts in pure Python, so that a spec that cannot be built is refused at POST."""

from dataclasses import dataclass
from math import prod
from typing import Any

from satnet.errors import FieldError
from satnet.spec.experiment import ExperimentSpec

MOST_LAYERS, MOST_PARAMETERS = 64, 50_000_000
_IMAGES = ("conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d")
Shape = tuple[int, ...]


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


class Misfit(Exception):
    """A layer that does not fit what comes into it."""

    def __init__(self, field: str, detail: str, got: Any = None) -> None:
        self.error = FieldError(field, detail, "shape", got)
        super().__init__(detail)


def expand_layers(spec: ExperimentSpec) -> tuple[Any, ...]:
    """The layers with `repeat` unrolled."""
    return tuple(layer for layer in spec.layers for _ in range(getattr(layer, "repeat", 1)))


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _normalization(layer: Any, units: int) -> int:
    return 0 if layer.batch_normalization == "none" else 4 * units


def _flat(layer: Any, shape: Shape) -> tuple[Shape, int]:
    if len(shape) != 1:
        raise Misfit("type", f"{layer.type} needs flat rows, and {shape} comes in; put a flatten before it", layer.type)
    units = layer.units * getattr(layer, "pieces", 1)
    count = shape[0] * units + (units if layer.use_bias else 0)
    normalized = units if layer.batch_normalization == "before_activation" else layer.units
    return (layer.units,), count + _normalization(layer, normalized)


def _window(layer: Any, shape: Shape, size: Any, strides: Any, field: str) -> tuple[int, int]:
    height, width = shape[0], shape[1]
    kernel, step = _pair(size), _pair(strides)
    if layer.padding == "same":
        return -(-height // step[0]), -(-width // step[1])
    if kernel[0] > height or kernel[1] > width:
        raise Misfit(field, f"{list(kernel)} is larger than the {height} x {width} that comes in", size)
    return (height - kernel[0]) // step[0] + 1, (width - kernel[1]) // step[1] + 1


def _image(layer: Any, shape: Shape) -> tuple[Shape, int]:
    if len(shape) != 3:
        raise Misfit("type", f"{layer.type} needs height x width x channels, and {shape} comes in", layer.type)
    if layer.type == "global_average_pooling2d":
        return (shape[2],), 0
    if layer.type == "conv2d":
        out = _window(layer, shape, layer.kernel_size, layer.strides, "kernel_size")
        count = prod(_pair(layer.kernel_size)) * shape[2] * layer.filters
        count += layer.filters if layer.use_bias else 0
        return (*out, layer.filters), count + _normalization(layer, layer.filters)
    out = _window(layer, shape, layer.pool_size, layer.strides or layer.pool_size, "pool_size")
    return (*out, shape[2]), 0


def _apply(layer: Any, shape: Shape) -> tuple[Shape, int]:
    match layer.type:
        case "dense" | "maxout":
            return _flat(layer, shape)
        case "flatten":
            return (prod(shape),), 0
        case "reshape":
            target = tuple(layer.target_shape)
            if prod(target) != prod(shape):
                raise Misfit(
                    "target_shape",
                    f"{prod(target)} values, but {prod(shape)} come in ({shape})",
                    list(target),
                )
            return target, 0
        case "batch_normalization":
            return shape, shape[-1] * (2 + layer.center + layer.scale)
        case "layer_normalization":
            return shape, 2 * shape[-1]
        case "dropout" | "activation":
            return shape, 0
    return _image(layer, shape)


def plan(spec: ExperimentSpec, shape: Shape) -> tuple[NetworkPlan, list[FieldError]]:
    """Carry `shape` through the layers; the plan as far as it goes, and what does not fit."""
    if len(shape) == 2 and spec.layers[0].type in _IMAGES:
        shape = (*shape, 1)
    planned: list[PlannedLayer] = []
    for index, layer in enumerate(spec.layers):
        for _ in range(getattr(layer, "repeat", 1)):
            try:
                after, count = _apply(layer, shape)
            except Misfit as misfit:
                error = misfit.error
                pointer = f"#/layers/{index}/{error.pointer}"
                return _planned(planned), [FieldError(pointer, error.detail, error.code, error.got)]
            planned.append(PlannedLayer(f"#/layers/{index}", layer.type, shape, after, count))
            shape = after
    result, errors = _planned(planned), []
    if len(planned) > MOST_LAYERS:
        errors.append(FieldError("#/layers", f"at most {MOST_LAYERS} layers, repeats counted", "limit", len(planned)))
    if result.parameters > MOST_PARAMETERS:
        detail = f"the network has {result.parameters:,} parameters; at most {MOST_PARAMETERS:,} are allowed"
        errors.append(FieldError("#/layers", detail, "limit", result.parameters))
    return result, errors


def _planned(layers: list[PlannedLayer]) -> NetworkPlan:
    return NetworkPlan(tuple(layers), sum(layer.parameters for layer in layers))
