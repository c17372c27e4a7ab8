"""Per-unit arrays of one layer, from the reduced numbers of the probe pass."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from satnet.records.schema import UnitArrays
from satnet.saturation.reduced import Reduced, sides
from satnet.spec.activation_traits import traits


def unit_arrays(reduced: Reduced, activation: str, parameters: Mapping[str, float]) -> UnitArrays:
    """Arrays (units,), piece_share (units, pieces); None where the number has no meaning for the activation."""
    has_low, has_high = sides(activation, parameters)
    known = traits(activation)
    return {
        "saturated_low": _rounded(reduced["low"]) if has_low else None,
        "saturated_high": _rounded(reduced["high"]) if has_high else None,
        "active": _rounded(reduced["active"]) if known.relu_like else None,
        "gate": _rounded(reduced["gate"]) if known.slope is not None else None,
        "mean_abs": _rounded(reduced["mean_abs"]),
        "mean": _rounded(reduced["mean"]),
        "piece_share": _rounded(reduced["piece_share"]) if "piece_share" in reduced else None,
    }


def _rounded(values: ArrayLike) -> list[Any]:
    """Six significant digits; None where there is no number."""
    numbers = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where((numbers != 0) & np.isfinite(numbers), 5 - np.floor(np.log10(np.abs(numbers))), 0)
        power = 10.0 ** np.abs(digits)  # exact, as no power of ten below one is
        rounded = np.where(digits >= 0, np.round(numbers * power) / power, np.round(numbers / power) * power)
    listed = rounded.astype(object)
    listed[~np.isfinite(numbers)] = None
    return list(listed.tolist())
