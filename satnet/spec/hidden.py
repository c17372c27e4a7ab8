"""The hidden layers of a spec by the names that their records carry."""

from dataclasses import dataclass
from math import prod
from typing import Any

from satnet.spec.datasets import dataset_info
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.shapes import plan

_WEIGHTED = ("dense", "maxout", "conv2d")
PASSES_PENDING = (  # a linear layer still waits for its activation behind these
    "batch_normalization",
    "layer_normalization",
    "dropout",
    "max_pooling2d",
    "average_pooling2d",
)


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
    return tuple(_Walk(spec).walk())


def hidden_layers(spec: ExperimentSpec) -> tuple[PlannedActivation, ...]:
    """All but the output layer's."""
    return activations(spec)[:-1]


class _Walk:
    def __init__(self, spec: ExperimentSpec) -> None:
        info = dataset_info(spec.dataset)
        self._spec = spec
        self._shapes = [one.input_shape for one in plan(spec, info.input_shape)[0].layers] if info else []
        self._counts: dict[str, int] = {}
        self._found: list[PlannedActivation] = []
        self._pending: tuple[str, int, str, tuple[int | None, int | None]] | None = None

    def _name(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._counts[kind]}"

    def _flush(self) -> None:
        if self._pending is not None:
            name, index, norm, fans = self._pending
            self._found.append(PlannedActivation(name, "linear", {}, index, index, norm, *fans))
            self._pending = None

    def walk(self) -> list[PlannedActivation]:
        place = 0
        for index, layer in enumerate(self._spec.layers):
            for _ in range(getattr(layer, "repeat", 1)):
                self._add(layer, index, self._shapes[place] if place < len(self._shapes) else None)
                place += 1
        self._flush()
        return self._found

    def _add(self, layer: Any, index: int, shape: tuple[int, ...] | None) -> None:
        if layer.type in _WEIGHTED:
            self._flush()
            self._weighted(layer, index, _fans(layer, shape))
        elif layer.type == "activation":
            name, weights, norm, fans = self._pending or (
                self._name("activation"),
                None,
                "none",
                (None, None),
            )
            self._pending = None
            self._found.append(
                PlannedActivation(
                    name,
                    layer.activation.name,
                    dict(layer.activation.parameters),
                    weights,
                    index,
                    norm,
                    *fans,
                )
            )
        else:
            if layer.type not in PASSES_PENDING:
                self._flush()
            self._name(layer.type)
            if layer.type == "batch_normalization" and self._pending is not None:
                self._pending = (*self._pending[:2], "before_activation", self._pending[3])
            elif layer.type == "batch_normalization" and self._found:
                self._follow_with_normalization()

    def _weighted(self, layer: Any, index: int, fans: tuple[int | None, int | None]) -> None:
        name, norm = self._name(layer.type), layer.batch_normalization
        activation = "maxout" if layer.type == "maxout" else layer.activation.name
        if activation == "linear" and norm != "after_activation":
            self._pending = (name, index, norm, fans)
            return
        parameters = {} if layer.type == "maxout" else dict(layer.activation.parameters)
        self._found.append(PlannedActivation(name, activation, parameters, index, index, norm, *fans))

    def _follow_with_normalization(self) -> None:
        last = self._found[-1]
        if last.batch_normalization == "none":
            self._found[-1] = PlannedActivation(**{**vars(last), "batch_normalization": "after_activation"})


def _fans(layer: Any, shape: tuple[int, ...] | None) -> tuple[int | None, int | None]:
    """Fan-in and fan-out of the kernel as Keras counts them (receptive field times channels)."""
    if shape is None:
        return None, None
    if layer.type == "conv2d":
        size = layer.kernel_size
        field = size * size if isinstance(size, int) else prod(size)
        return field * shape[-1], field * layer.filters
    return shape[-1], layer.units * getattr(layer, "pieces", 1)
