"""The saturation region of an activation, from its derivative."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from satnet.saturation.activations import derivative
from satnet.spec.activation_traits import Given, Tail, traits
from satnet.spec.parameters import Value

_FARTHEST = 1e6


@dataclass(frozen=True)
class Region:
    """Low side: all z <= `low`; high side: all z >= `high`; None: there is no such side."""

    low: float | None
    high: float | None
    slope: float


def region(name: str, parameters: Given | None, epsilon: float) -> Region:
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
def _region(name: str, items: tuple[tuple[str, Value], ...], epsilon: float) -> Region:
    """Kept: every layer of every epoch asks, and a search answers."""
    kind = traits(name)
    slope = 1.0 if kind.slope is None else kind.slope
    low = _edge(name, kind.low, dict(items), epsilon * slope, -1.0)
    return Region(low, _edge(name, kind.high, dict(items), epsilon * slope, 1.0), slope)


def _edge(name: str, tail: Tail, parameters: Given, limit: float, side: float) -> float | None:
    """The innermost point of the tail: from the outside in, the first place where |f'| passes `limit`."""
    if tail != "soft":
        return tail
    from scipy.optimize import brentq  # loaded where a region is searched for: the API never does

    def above(distance: float) -> float:
        return abs(float(derivative(name, np.array(side * distance), parameters))) - limit

    grid = np.concatenate([np.linspace(0.0, 40.0, 8001), np.geomspace(40.5, _FARTHEST, 500)])
    steep = np.nonzero(np.abs(derivative(name, side * grid, parameters)) > limit)[0]
    if not len(steep):  # elu with an alpha below the limit
        return 0.0
    return side * float(brentq(above, grid[steep[-1]], grid[steep[-1] + 1], xtol=1e-12))


def prescribed_std(activation: str, fan_in: int, fan_out: int) -> float | None:
    """The weight std that Glorot (bounded), He (relu family) or LeCun (selu) prescribe; None: none does."""
    match traits(activation).initializer:
        case "glorot_uniform":
            return math.sqrt(2.0 / (fan_in + fan_out))
        case "he_normal":
            return math.sqrt(2.0 / fan_in)
        case "lecun_normal":
            return math.sqrt(1.0 / fan_in)
    return None
