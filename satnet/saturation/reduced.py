"""One layer's record from the reduced numbers of the probe pass; what has no meaning is None."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from satnet.saturation.regions import region
from satnet.spec.activation_traits import traits

SATURATED_UNIT = 0.99  # saturated on this share of rows (mirror of smdebug's threshold_inactivity of 1 %)
ONE_SIDED = 0.95  # share of a saturated unit's saturation that is one side
NEAR_DEAD = 0.01  # active on less than this share of rows
DORMANT = 0.025  # Sokar et al. 2023, the tau of their Atari runs


def _number(value: Any) -> float | None:
    value = float(value)
    return value if np.isfinite(value) else None


def _share(condition: Any) -> float:
    return float(np.mean(condition))


def record_from_reduced(
    reduced: Mapping[str, Any], *, activation: str, parameters: Mapping[str, Any], units: int
) -> dict[str, Any]:
    """The layer record of METRICS section 3, without its name.

    Args:
        reduced: per-unit arrays (units,) low, high, active, gate, mean_abs, mean, mean_abs_centred,
            and scalars z_mean, z_std, z_p2 .. z_p98, a_mean, a_std, phi_b, delta_rms, gradient_rms,
            zero_gradient_fraction, effective_dimension, weight_std, weight_std_target, update_ratio,
            movement, non_finite; NaN where there is nothing to tell. Optional: alive_at_start (units,),
            identical (bool), piece_share (units, pieces).
        activation: its name.
        parameters: its parameters.
        units: the layer's units (channels).
    """
    told = {key: _number(reduced.get(key, np.nan)) for key in _SCALARS}
    record = {
        "activation": activation,
        "units": units,
        **_saturation(reduced, activation, parameters),
        **_activity(reduced, activation),
        "dormant_unit_fraction": _dormant(reduced, activation),
        "gate": None if traits(activation).slope is None else _number(np.mean(reduced["gate"])),
        "phi_b": told["phi_b"],
        "asymmetry": _asymmetry(reduced),
        "preactivation": {"mean": told["z_mean"], "std": told["z_std"]}
        | {f"p{p}": told[f"z_p{p}"] for p in (2, 15, 50, 85, 98)},
        "output": {"mean": told["a_mean"], "std": told["a_std"]},
        **{key: told[key] for key in _PLAIN},
        "identical_units": bool(reduced["identical"]) if units > 1 and "identical" in reduced else None,
        "non_finite": int(reduced.get("non_finite", 0)),
    }
    return _without_shares(record) if record["non_finite"] else record


def _without_shares(record: dict[str, Any]) -> dict[str, Any]:
    """A share over entries that are not numbers says nothing: null, and never 0."""
    kept = ("activation", "units", "identical_units", "non_finite", *_WEIGHTS)
    empty = {key: dict.fromkeys(value) if isinstance(value, dict) else None for key, value in record.items()}
    return empty | {key: record[key] for key in kept}


def unit_arrays(
    reduced: Mapping[str, Any], activation: str, parameters: Mapping[str, Any]
) -> dict[str, list[Any] | None]:
    """Per-unit arrays of one layer, (units,) each; None where the number has no meaning."""
    has_low, has_high = _sides(activation, parameters)
    meant = {
        "saturated_low": ("low", has_low),
        "saturated_high": ("high", has_high),
        "active": ("active", traits(activation).relu_like),
        "gate": ("gate", traits(activation).slope is not None),
        "mean_abs": ("mean_abs", True),
        "mean": ("mean", True),
        "piece_share": ("piece_share", "piece_share" in reduced),
    }
    return {name: _rounded(reduced[key]) if told else None for name, (key, told) in meant.items()}


def _rounded(values: Any) -> list[Any]:
    """Six significant digits; None where there is no number."""
    numbers = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where((numbers != 0) & np.isfinite(numbers), 5 - np.floor(np.log10(np.abs(numbers))), 0)
        power = 10.0 ** np.abs(digits)  # exact, as no power of ten below one is
        rounded = np.where(digits >= 0, np.round(numbers * power) / power, np.round(numbers / power) * power)
    told = rounded.astype(object)
    told[~np.isfinite(numbers)] = None
    return list(told.tolist())


_PLAIN = (
    "delta_rms",
    "gradient_rms",
    "zero_gradient_fraction",
    "update_ratio",
    "movement",
    "weight_std",
    "weight_std_target",
    "effective_dimension",
)
_WEIGHTS = ("update_ratio", "movement", "weight_std", "weight_std_target")
_SCALARS = (
    *_PLAIN,
    "z_mean",
    "z_std",
    "z_p2",
    "z_p15",
    "z_p50",
    "z_p85",
    "z_p98",
    "a_mean",
    "a_std",
    "phi_b",
)


def _sides(activation: str, parameters: Mapping[str, Any]) -> tuple[bool, bool]:
    bounds = region(activation, parameters, 0.05)
    return bounds.low is not None, bounds.high is not None


def _saturation(reduced: Mapping[str, Any], activation: str, parameters: Mapping[str, Any]) -> dict[str, float | None]:
    has_low, has_high = _sides(activation, parameters)
    low, high = np.asarray(reduced["low"]), np.asarray(reduced["high"])
    some = has_low or has_high
    both = low + high
    unit = both >= SATURATED_UNIT
    one_sided = unit & (np.maximum(low, high) >= ONE_SIDED * both)
    return {
        "saturated_fraction": _share(both) if some else None,
        "saturated_low": _share(low) if has_low else None,
        "saturated_high": _share(high) if has_high else None,
        "saturated_unit_fraction": _share(unit) if some else None,
        "one_sided_unit_fraction": _share(one_sided) if some else None,
        "stuck_low_unit_fraction": _share(low >= SATURATED_UNIT) if traits(activation).recovers else None,
    }


def _activity(reduced: Mapping[str, Any], activation: str) -> dict[str, float | None]:
    active = np.asarray(reduced["active"])
    gated, mortal = traits(activation).relu_like, traits(activation).dies
    return {
        "dead_unit_fraction": _share(active == 0) if mortal else None,
        "near_dead_unit_fraction": _share((active > 0) & (active < NEAR_DEAD)) if mortal else None,
        "died_unit_fraction": _died(reduced, active) if mortal else None,
        "inactive_fraction": 1.0 - _share(active) if gated else None,
        "dead_piece_fraction": _dead_pieces(reduced),
    }


def _died(reduced: Mapping[str, Any], active: Any) -> float | None:
    """Of the units that were alive at epoch 0, the share that is dead now."""
    alive = np.asarray(reduced.get("alive_at_start", active > 0))
    return _share(active[alive] == 0) if alive.any() else None


def _dead_pieces(reduced: Mapping[str, Any]) -> float | None:
    """Maxout: the share of linear pieces that win on no row."""
    return _share(np.asarray(reduced["piece_share"]) == 0) if "piece_share" in reduced else None


def _dormant(reduced: Mapping[str, Any], activation: str) -> float | None:
    """Share of units whose mean |a| is at most 0.025 of the layer's mean (Sokar et al. 2023)."""
    key = "mean_abs_centred" if traits(activation).rests_off_zero else "mean_abs"
    score = np.asarray(reduced[key])
    mean = score.mean()
    if not np.isfinite(mean):
        return None
    return 1.0 if mean == 0 else _share(score / mean <= DORMANT)


def _asymmetry(reduced: Mapping[str, Any]) -> float | None:
    """Mean over units of |low - high|, over the saturated fraction; None where nothing is saturated."""
    low, high = np.asarray(reduced["low"]), np.asarray(reduced["high"])
    saturated = _share(low + high)
    return float(np.mean(np.abs(low - high))) / saturated if saturated > 0 else None
