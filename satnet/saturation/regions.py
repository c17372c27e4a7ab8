"""The saturation region of an activation, from its derivative."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from satnet.saturation.activations import derivative

_UNSATURATED_SLOPE = {"sigmoid": 0.25, "hard_sigmoid": 1.0 / 6.0, "selu": 1.05070098735548049342}
_BOTH = ("sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh")
_LOW = ("elu", "selu", "softplus", "gelu", "silu", "mish")
_HIGH = ("relu6",)
_FARTHEST = 1e6


@dataclass(frozen=True)
class Region:
    """Low side: all z <= `low`; high side: all z >= `high`; None: there is no such side."""

    low: float | None
    high: float | None
    slope: float


def region(name: str, parameters: Mapping[str, Any] | None, epsilon: float) -> Region:
    """Where |f'| stays at or below `epsilon` times the slope of the unsaturated regime.

    Args:
        name: an elementwise activation.
        parameters: its parameters (alpha, negative_slope).
        epsilon: relative sensitivity in (0, 0.09]; above it, silu's dip of -0.0998 makes the region jump.

    Raises:
        ValueError: `epsilon` is outside (0, 0.09].
    """
    if not 0.0 < epsilon <= 0.09:
        raise ValueError(f"epsilon must lie in (0, 0.09], got {epsilon}")
    return _region(name, tuple(sorted((parameters or {}).items())), epsilon)


@cache
def _region(name: str, items: tuple[tuple[str, Any], ...], epsilon: float) -> Region:
    """Kept: every layer of every epoch asks, and a search answers."""
    parameters = dict(items)
    slope = _UNSATURATED_SLOPE.get(name, 1.0)
    low = _edge(name, parameters, epsilon * slope, -1.0) if name in (*_BOTH, *_LOW) else None
    high = _edge(name, parameters, epsilon * slope, 1.0) if name in (*_BOTH, *_HIGH) else None
    return Region(low, high, slope)


def _edge(name: str, parameters: Mapping[str, Any], limit: float, side: float) -> float:
    """The innermost point of the tail: from the outside in, the first place where |f'| passes `limit`."""
    if name in ("hard_sigmoid", "hard_tanh", "relu6"):
        return side * {"hard_sigmoid": 3.0, "hard_tanh": 1.0, "relu6": 6.0}[name]
    if name == "elu":
        return min(0.0, math.log(limit / float(parameters.get("alpha", 1.0))))

    def steep(distance: float) -> bool:
        return abs(float(derivative(name, np.array(side * distance), parameters))) > limit

    grid = np.concatenate([np.linspace(0.0, 40.0, 8001), np.geomspace(40.5, _FARTHEST, 500)])
    slopes = np.abs(derivative(name, side * grid, parameters))
    inner = float(grid[np.nonzero(slopes > limit)[0][-1]])
    outer = float(grid[min(int(np.searchsorted(grid, inner, side="right")), len(grid) - 1)])
    for _ in range(200):
        middle = 0.5 * (inner + outer)
        inner, outer = (middle, outer) if steep(middle) else (inner, middle)
    return side * outer


def prescribed_std(activation: str, fan_in: int, fan_out: int) -> float | None:
    """The weight std that Glorot (bounded), He (relu family) or LeCun (selu) prescribe; None: none does."""
    if activation in _BOTH:
        return math.sqrt(2.0 / (fan_in + fan_out))
    if activation in ("relu", "relu6", "leaky_relu"):
        return math.sqrt(2.0 / fan_in)
    return math.sqrt(1.0 / fan_in) if activation == "selu" else None
