"""Keras's activations by the spec's names, as layers that a saved model can hold and as functions."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from satnet.spec.activation_traits import traits


@keras.saving.register_keras_serializable("satnet")
class ParametricActivation(keras.layers.Layer):
    """An activation with parameters for which Keras has no layer; registered, so that a saved model finds it."""

    def __init__(self, function: str, parameters: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.function, self.parameters = function, dict(parameters)

    def call(self, x: Any) -> Any:
        """The function with its parameters."""
        return build_activation(self.function, self.parameters)(x)

    def get_config(self) -> dict[str, Any]:
        """What a saved model keeps."""
        return super().get_config() | {"function": self.function, "parameters": self.parameters}


@keras.saving.register_keras_serializable("satnet")
def gelu_approximate(x: Any) -> Any:
    """Gelu by tanh: models saved by earlier versions ask for it by this name."""
    return keras.activations.gelu(x, approximate=True)


def activation_layer(activation: str, parameters: Mapping[str, Any], name: str) -> Any:
    """A layer that Keras can save: parameters in its configuration, not in a closure."""
    if not parameters:
        return keras.layers.Activation(activation, name=name)
    if (keras_layer := traits(activation).keras_layer) is not None:
        return getattr(keras.layers, keras_layer)(**parameters, name=name)
    return ParametricActivation(activation, parameters, name=name)


def build_activation(activation: str, parameters: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Keras's activation function by name; parameters bound."""
    function: Callable[..., Any] = keras.activations.get(activation)
    if not parameters:
        return function
    return lambda x: function(x, **parameters)
