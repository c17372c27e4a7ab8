"""Keras's layers by the types of the spec."""

from collections.abc import Callable
from typing import Any

import keras

from satnet.errors import BuildError
from satnet.spec.layer_type import LayerType
from satnet.spec.layers import Conv2D, Dense, Maxout, Weighted
from satnet.training.initializers import build_initializer, takes_seed
from satnet.training.regularizers import build_regularizer
from satnet.training.seeds import seed_of

# From the layer of the spec, the name and what its seeds follow from: Keras's layer, without the activation.
Builder = Callable[[Any, str, tuple[int, int]], Any]
KERNEL, BIAS, NOISE = 1, 2, 3  # what a seed is for


def build_layer(layer: LayerType, name: str, network_seed: int, place: int) -> Any:
    """Keras's layer of one layer of the spec. Raises BuildError for a type that has none.

    Args:
        layer: of the spec; its activation and batch normalization are layers of their own.
        name: Keras's layer gets it.
        network_seed: that of the network.
        place: in the unrolled layers; every layer draws from seeds of its own.
    """
    return BUILDERS.get(layer.type, _by_its_fields)(layer, name, (network_seed, place))


def _seed(purpose: int, seeds: tuple[int, int]) -> int:
    network_seed, place = seeds
    return seed_of(network_seed, purpose, place)


def _kernel(layer: Weighted, name: str, seeds: tuple[int, int]) -> dict[str, Any]:
    return {
        "use_bias": layer.use_bias,
        "kernel_initializer": build_initializer(layer.kernel_initializer, _seed(KERNEL, seeds)),
        "bias_initializer": build_initializer(layer.bias_initializer, _seed(BIAS, seeds)),
        "kernel_regularizer": build_regularizer(layer.kernel_regularizer),
        "name": name,
    }


def _dense(layer: Dense, name: str, seeds: tuple[int, int]) -> Any:
    return keras.layers.Dense(layer.units, **_kernel(layer, name, seeds))


def _maxout(layer: Maxout, name: str, seeds: tuple[int, int]) -> Any:
    """All pieces of all units (Goodfellow et al. 2013)."""
    return keras.layers.Dense(layer.units * layer.pieces, **_kernel(layer, name, seeds))


def _conv2d(layer: Conv2D, name: str, seeds: tuple[int, int]) -> Any:
    window = {"strides": layer.strides, "padding": layer.padding}
    return keras.layers.Conv2D(layer.filters, layer.kernel_size, **window, **_kernel(layer, name, seeds))


def _by_its_fields(layer: LayerType, name: str, seeds: tuple[int, int]) -> Any:
    """Keras's class of the same name, with the same fields."""
    cls = getattr(keras.layers, type(layer).__name__, None)
    if cls is None:
        raise BuildError(f"no builder for layer type {layer.type!r}")
    options = {key: getattr(layer, key) for key in type(layer).model_fields if key != "type"}
    drawing = {"seed": _seed(NOISE, seeds)} if takes_seed(cls) else {}
    return cls(**options, **drawing, name=name)


BUILDERS: dict[str, Builder] = {"dense": _dense, "maxout": _maxout, "conv2d": _conv2d}
