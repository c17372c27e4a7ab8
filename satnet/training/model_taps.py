"""Taps in anybody's Keras model: the same weights, with every activation's input and output as outputs."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras

from satnet.spec.activation_traits import known_activation
from satnet.spec.external import ExternalLayer
from satnet.training.network import Network, Tap, tapped_model

_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.Softmax,
)
_PASSES = (  # a linear layer still waits for its activation behind these
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Dropout,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)


def activation_of(layer: Any) -> tuple[str, dict[str, Any]] | None:
    """Name and parameters of the activation that a layer applies; None where it applies none we know."""
    layers = keras.layers
    if isinstance(layer, layers.ReLU):
        if layer.max_value is not None:
            return ("relu6", {}) if layer.max_value == 6 and not layer.negative_slope else None
        return ("leaky_relu", {"negative_slope": float(layer.negative_slope)}) if layer.negative_slope else ("relu", {})
    if isinstance(layer, layers.LeakyReLU):
        return "leaky_relu", {"negative_slope": float(layer.negative_slope)}
    if isinstance(layer, layers.ELU):
        return "elu", {"alpha": float(layer.alpha)}
    if isinstance(layer, layers.Softmax):
        return "softmax", {}
    function = getattr(layer, "activation", None)
    name = known_activation(getattr(function, "__name__", ""))
    return None if name is None else (name, {})


class Linear(keras.layers.Layer):
    """A layer of the model without its activation, on the same weights."""

    def __init__(self, inner: Any) -> None:
        super().__init__(name=f"{inner.name}_linear")
        self.inner = inner

    def call(self, x: Any) -> Any:
        """The inner layer's output before its activation; the activation is put back at once."""
        kept, self.inner.activation = self.inner.activation, keras.activations.linear
        try:
            return self.inner.call(x)
        finally:
            self.inner.activation = kept


@dataclass
class Tapper:
    """Walks a model in its own order and notes its activations."""

    places: dict[str, int]
    taps: list[Tap] = field(default_factory=list)
    layers: list[ExternalLayer] = field(default_factory=list)
    pending: tuple[Any, Any, str] | None = None  # linear layer, its output, where batch norm came

    def __call__(self, layer: Any, *inputs: Any, **options: Any) -> Any:
        """What calling the layer gives, with a tap where it activates."""
        if isinstance(layer, _ACTIVATIONS):
            return self._activated(layer, inputs[0])
        if getattr(layer, "kernel", None) is not None and hasattr(layer, "activation"):
            return self._weighted(layer, inputs[0])
        if not isinstance(layer, _PASSES) and not isinstance(layer, keras.layers.InputLayer):
            self.flush()
        if isinstance(layer, keras.layers.BatchNormalization):
            self._normalized()
        return layer(*inputs, **options)

    def _normalized(self) -> None:
        if self.pending is not None:
            self.pending = (*self.pending[:2], "before_activation")
        elif self.layers and self.layers[-1].batch_normalization == "none":
            changed = self.layers[-1].model_copy(update={"batch_normalization": "after_activation"})
            self.layers[-1] = changed

    def _weighted(self, layer: Any, x: Any) -> Any:
        self.flush()
        known = activation_of(layer)
        if known is None or known[0] == "linear":
            output = layer(x)
            self.pending = (layer, output, "none") if known is not None else None
            return output
        z = Linear(layer)(x)
        a = keras.layers.Activation(layer.activation, name=f"{layer.name}_activation")(z)
        self._tap(layer.name, known, z, a, layer, "none")
        return a

    def _activated(self, layer: Any, z: Any) -> Any:
        a, known = layer(z), activation_of(layer)
        source, _, norm = self.pending or (None, None, "none")
        self.pending = None
        if known is not None:
            self._tap(source.name if source is not None else layer.name, known, z, a, source, norm)
        return a

    def flush(self) -> None:
        """A linear layer that no activation followed is a hidden layer of its own."""
        if self.pending is not None:
            layer, output, norm = self.pending
            self.pending = None
            self._tap(layer.name, ("linear", {}), output, output, layer, norm)

    def _tap(self, name: str, known: tuple[str, dict[str, Any]], z: Any, a: Any, source: Any, norm: str) -> None:
        kernel = source.kernel if source is not None else None
        self.taps.append(Tap(name, known[0], known[1], z, a, kernel))
        self.layers.append(
            ExternalLayer.model_validate(
                {
                    "name": name,
                    "activation": known[0],
                    "parameters": known[1],
                    "batch_normalization": norm,
                    "initializer": _initializer(source),
                    "place": self.places.get(source.name if source is not None else name, 0),
                }
                | _fans(kernel)
            )
        )


def _initializer(layer: Any) -> str | None:
    found = getattr(layer, "kernel_initializer", None)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(found).__name__).lower() if found is not None else None


def _fans(kernel: Any) -> dict[str, int]:
    if kernel is None or len(kernel.shape) < 2:
        return {}
    field_size = 1
    for side in kernel.shape[:-2]:
        field_size *= side
    return {"fan_in": kernel.shape[-2] * field_size, "fan_out": kernel.shape[-1] * field_size}


def tap(model: Any, from_logits: str | None = None) -> tuple[Network, list[ExternalLayer]]:
    """The model's network with its taps, the output's last, and its hidden layers.

    Args:
        model: a built Sequential or functional model with one input and one output.
        from_logits: the activation that the loss applies itself (softmax, sigmoid), or None.

    Raises:
        ValueError: the model is of another kind, or has no layer with weights.
    """
    if len(getattr(model, "inputs", None) or []) != 1 or len(getattr(model, "outputs", None) or []) != 1:
        raise ValueError(
            "a built Sequential or functional model with one input and one output is needed; give it an Input"
        )
    tapper = Tapper({layer.name: place for place, layer in enumerate(model.layers)})
    inputs, prediction = _walk(model, tapper)
    tapper.flush()
    if from_logits is not None:
        last = tapper.taps.pop()
        prediction = keras.layers.Activation(from_logits, name="from_logits")(prediction)
        tapper.taps.append(Tap(last.name, from_logits, {}, last.z, prediction, last.kernel))
    if not tapper.taps:
        raise ValueError("the model has no layer with a kernel and no activation: there is nothing to measure")
    network = Network(
        keras.Model(inputs, prediction), tapped_model(inputs, tapper.taps, prediction), tuple(tapper.taps)
    )
    return network, tapper.layers[:-1]


def _walk(model: Any, call: Callable[..., Any]) -> tuple[Any, Any]:
    """Inputs and output of the same layers, called through `call`."""
    if isinstance(model, keras.Sequential):
        inputs = tensor = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
        for layer in model.layers:
            tensor = call(layer, tensor)
        return inputs, tensor
    copy = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    return copy.inputs[0], copy.outputs[0]
