"""Keras's initializers by the spec's names."""

import inspect
from typing import Any

import keras

from satnet.spec.initializers import Initializer


def build_initializer(named: Initializer, seed: int) -> Any:
    """Keras's class of that name (he_normal: HeNormal), with the spec's parameters and, where it draws, this seed."""
    cls = getattr(keras.initializers, "".join(part.title() for part in named.name.split("_")))
    drawing = {"seed": seed} if takes_seed(cls) else {}
    return cls(**named.parameters, **drawing)


def takes_seed(cls: Any) -> bool:
    """Whether a class of Keras draws random numbers."""
    return "seed" in inspect.signature(cls.__init__).parameters
