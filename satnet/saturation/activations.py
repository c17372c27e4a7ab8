"""The derivative of every activation in float64."""

import numpy as np
from numpy.typing import NDArray

from satnet.spec.activation_traits import ACTIVATIONS, Given

Array = NDArray[np.float64]


def derivative(name: str, z: Array, parameters: Given | None = None) -> Array:
    """f'(z), elementwise, float64.

    Args:
        name: an elementwise activation of the table.
        z: of any shape.
        parameters: those given; Keras's defaults stand for the rest.

    Raises:
        KeyError: for softmax and maxout, which are not elementwise, and for an unknown name.
    """
    traits = ACTIVATIONS[name]
    if traits.derivative is None:
        raise KeyError(name)
    defaults = {key: parameter.default for key, parameter in traits.parameters.items()}
    return np.asarray(traits.derivative(np.asarray(z, dtype=np.float64), defaults | dict(parameters or {})))
