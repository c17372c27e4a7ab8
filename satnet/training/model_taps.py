"""Taps in anybody's Keras model: the same weights, with every activation's input and output as outputs."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from satnet.spec.activation_traits import ACTIVATIONS, known_activation
from satnet.spec.external import ExternalLayer
from satnet.spec.walk import AppliedActivation, Part, WalkedActivation, walk
from satnet.training.activations import ParametricActivation
from satnet.training.network import Network, Tap, tapped_model

UNKNOWN = AppliedActivation(None)
# Keras's layers that are activations with their parameters as attributes.
_OF_LAYER = {getattr(keras.layers, one.keras_layer): one for one in ACTIVATIONS.values() if one.keras_layer}
_ACTIVATIONS = (keras.layers.Activation, keras.layers.ReLU, ParametricActivation, *_OF_LAYER)
_PASSES = (  # a linear layer still waits for its activation behind these
    keras.layers.InputLayer,
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Dropout,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)


def activation_of(layer: Any) -> AppliedActivation:
    """The activation that a layer applies; UNKNOWN for one that satnet does not know."""
    if isinstance(layer, keras.layers.ReLU):
        return _relu(layer)
    if isinstance(layer, ParametricActivation):
        return AppliedActivation(layer.function, layer.parameters)
    for kind, traits in _OF_LAYER.items():
        if isinstance(layer, kind):
            return AppliedActivation(traits.name, {key: float(getattr(layer, key)) for key in traits.parameters})
    name = known_activation(getattr(layer.activation, "__name__", ""))
    return UNKNOWN if name is None else AppliedActivation(name)


def standardizes_itself(model: Any) -> bool:
    """Whether the model's first layers bring its inputs to one scale before any weight sees them."""
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Normalization, keras.layers.BatchNormalization)):
            return True
        if hasattr(layer, "kernel"):
            return False
    return False


def _relu(layer: Any) -> AppliedActivation:
    """Keras's ReLU layer with its three parameters, as far as they make an activation with a name."""
    if layer.threshold:
        return UNKNOWN
    if layer.max_value is not None:
        return AppliedActivation("relu6") if layer.max_value == 6 and not layer.negative_slope else UNKNOWN
    if layer.negative_slope:
        return AppliedActivation("leaky_relu", {"negative_slope": float(layer.negative_slope)})
    return AppliedActivation("relu")


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
    """Calls a model's layers in the model's own order, and notes by its place what each activation reads and gives."""

    places: dict[str, int]
    parts: list[Part] = field(default_factory=list)
    applied: dict[int, tuple[Any, Any]] = field(default_factory=dict)  # z and a
    weighted: dict[int, Any] = field(default_factory=dict)  # layers with a kernel

    def __call__(self, layer: Any, *inputs: Any, **options: Any) -> Any:
        """What calling the layer gives, with a tap where it activates."""
        place, part = len(self.parts), _part(layer)
        self.parts.append(part)
        if part.has_kernel:
            self.weighted[place] = layer
            return self._weighted(layer, part, place, inputs[0])
        output = layer(*inputs, **options)
        if part.activation is not None:
            self.applied[place] = (inputs[0], output)
        return output

    def _weighted(self, layer: Any, part: Part, place: int, x: Any) -> Any:
        if part.waits or part.activation == UNKNOWN:
            output = layer(x)
            self.applied[place] = (output, output)
            return output
        z = Linear(layer)(x)
        a = keras.layers.Activation(layer.activation, name=f"{layer.name}_activation")(z)
        self.applied[place] = (z, a)
        return a

    def taps(self) -> tuple[list[Tap], list[ExternalLayer]]:
        """The activations of the layers so far, and their description; the output's last."""
        activations = walk(self.parts).activations
        return [self._tap(one) for one in activations], [self._described(one) for one in activations]

    def _tap(self, one: WalkedActivation) -> Tap:
        z, a = self.applied[one.place]
        kernel = None if one.kernel is None else self.weighted[one.kernel].kernel
        return Tap(one.name, one.activation, dict(one.parameters), z, a, kernel)

    def _described(self, one: WalkedActivation) -> ExternalLayer:
        source = None if one.kernel is None else self.weighted[one.kernel]
        return ExternalLayer.model_validate(
            {
                "name": one.name,
                "activation": one.activation,
                "parameters": dict(one.parameters),
                "batch_normalization": one.batch_normalization,
                "initializer": _initializer(source),
                "place": self.places.get(one.name, 0),
            }
            | _fans(source.kernel if source is not None else None)
        )


def _part(layer: Any) -> Part:
    """A layer of Keras, as the walk over the layers sees it."""
    has_kernel = getattr(layer, "kernel", None) is not None and hasattr(layer, "activation")
    activates = has_kernel or isinstance(layer, _ACTIVATIONS)
    return Part(
        kind=type(layer).__name__,
        name=layer.name,
        activation=activation_of(layer) if activates else None,
        has_kernel=has_kernel and not isinstance(layer, _ACTIVATIONS),
        passes_activation=isinstance(layer, _PASSES),
        normalizes=isinstance(layer, keras.layers.BatchNormalization),
    )


def _initializer(layer: Any) -> str | None:
    initializer = getattr(layer, "kernel_initializer", None)
    return None if initializer is None else re.sub(r"(?<!^)(?=[A-Z])", "_", type(initializer).__name__).lower()


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
    taps, layers = tapper.taps()
    if not taps:
        raise ValueError("the model has no layer with a kernel and no activation that is known: nothing to measure")
    if from_logits is not None:
        prediction = keras.layers.Activation(from_logits, name="from_logits")(prediction)
        taps[-1] = replace(taps[-1], activation=from_logits, parameters={}, a=prediction)
    return Network(keras.Model(inputs, prediction), tapped_model(inputs, taps, prediction), tuple(taps)), layers[:-1]


def _walk(model: Any, call: Callable[..., Any]) -> tuple[Any, Any]:
    """Inputs and output of the same layers, called through `call`."""
    if isinstance(model, keras.Sequential):
        inputs = tensor = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
        for layer in model.layers:
            tensor = call(layer, tensor)
        return inputs, tensor
    copy = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    return copy.inputs[0], copy.outputs[0]
