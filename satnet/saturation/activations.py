"""The derivative of every activation in float64, and what follows from it.

Soft and hard, left and right saturation follow from the limit of the derivative (Gulcehre et al. 2016).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Derivative = Callable[[Array, Mapping[str, Any]], Array]

_SELU_SCALE, _SELU_ALPHA = 1.05070098735548049342, 1.67326324235437728482
_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(z: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)))


def _sigmoid_slope(z: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z) - np.logaddexp(0.0, z)))


def _tanh_slope(z: Array) -> Array:
    return 4.0 * _sigmoid_slope(2.0 * z)  # 1 - tanh^2 would cancel


def _gelu(z: Array, parameters: Mapping[str, Any]) -> Array:
    if parameters.get("approximate", False):
        c = math.sqrt(2.0 / math.pi)
        inner = c * (z + 0.044715 * z**3)
        slope = c * (1.0 + 3 * 0.044715 * z**2)
        return 0.5 * (1.0 + np.tanh(inner)) + 0.5 * z * _tanh_slope(inner) * slope
    return np.asarray(0.5 * (1.0 + _erf(z / math.sqrt(2.0))) + z * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi))


def _mish(z: Array) -> Array:
    t = np.tanh(np.logaddexp(0.0, z))
    return t + z * _tanh_slope(np.logaddexp(0.0, z)) * _sigmoid(z)


def _between(z: Array, low: float, high: float, slope: float) -> Array:
    return np.where((z > low) & (z < high), slope, 0.0)


def _exp(z: Array) -> Array:
    return np.exp(np.minimum(z, 0.0))


_DERIVATIVES: dict[str, Derivative] = {
    "linear": lambda z, _: np.ones_like(z),
    "sigmoid": lambda z, _: _sigmoid_slope(z),
    "tanh": lambda z, _: _tanh_slope(z),
    "relu": lambda z, p: np.where(z > 0, 1.0, float(p.get("negative_slope", 0.0))),
    "relu6": lambda z, _: _between(z, 0.0, 6.0, 1.0),
    "leaky_relu": lambda z, p: np.where(z > 0, 1.0, float(p.get("negative_slope", 0.2))),
    "elu": lambda z, p: np.where(z > 0, 1.0, float(p.get("alpha", 1.0)) * _exp(z)),
    "selu": lambda z, _: _SELU_SCALE * np.where(z > 0, 1.0, _SELU_ALPHA * _exp(z)),
    "softplus": lambda z, _: _sigmoid(z),
    "softsign": lambda z, _: 1.0 / (1.0 + np.abs(z)) ** 2,
    "gelu": _gelu,
    "silu": lambda z, _: _sigmoid(z) + z * _sigmoid_slope(z),
    "mish": lambda z, _: _mish(z),
    "hard_sigmoid": lambda z, _: _between(z, -3.0, 3.0, 1.0 / 6.0),
    "hard_tanh": lambda z, _: _between(z, -1.0, 1.0, 1.0),
    "exponential": lambda z, _: np.exp(z),
}
_RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
}
RELU_FAMILY = ("relu", "relu6", "leaky_relu")
RECOVERING = ("elu", "selu", "softplus", "gelu", "silu", "mish")  # stuck low, but not dead
RESTS_OFF_ZERO = ("sigmoid", "hard_sigmoid", "softplus")


def derivative(name: str, z: Array, parameters: Mapping[str, Any] | None = None) -> Array:
    """f'(z), elementwise, float64. Raises KeyError for softmax and maxout, which have none elementwise."""
    return _DERIVATIVES[name](np.asarray(z, dtype=np.float64), parameters or {})


def output_range(name: str) -> tuple[float, float] | None:
    """The asymptotes of a bounded activation, else None."""
    return _RANGES.get(name)
