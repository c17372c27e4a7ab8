"""One layer's record from the reduced numbers of the probe pass; what has no meaning is None."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from satnet.records.schema import LayerRecord, Number, Preactivation, measures, record_fields
from satnet.saturation.regions import region
from satnet.spec.activation_traits import traits

SATURATED_UNIT = 0.99  # saturated on this share of rows (mirror of smdebug's threshold_inactivity of 1 %)
ONE_SIDED = 0.95  # share of a saturated unit's saturation that is one side
NEAR_DEAD = 0.01  # active on less than this share of rows
DORMANT = 0.025  # Sokar et al. 2023, the tau of their Atari runs

Array = NDArray[np.float64]
Reduced = Mapping[str, Array]  # name -> per-unit array (units,) or a scalar
_NAN = np.array(np.nan)
_FIELDS, _PERCENTILES = tuple(record_fields(LayerRecord)), tuple(record_fields(Preactivation))
_OF_WEIGHTS = tuple(name for name, measure in measures(LayerRecord).items() if measure.of_weights)


def record_from_reduced(
    reduced: Reduced, *, name: str, activation: str, parameters: Mapping[str, float], units: int
) -> LayerRecord:
    """The layer's record; a scalar that has the name of one of its fields is that field.

    Args:
        reduced: per-unit arrays (units,) low, high, active, gate, mean_abs, mean, mean_abs_centred,
            and scalars z_mean, z_std, z_p2 .. z_p98, a_mean, a_std, phi_b, delta_rms, gradient_rms,
            zero_gradient_fraction, effective_dimension, weight_std, weight_std_target, update_ratio,
            movement, non_finite; NaN where a number has no meaning. Optional: alive_at_start (units,),
            identical (bool), piece_share (units, pieces).
        name: the layer's.
        activation: its activation's name.
        parameters: its activation's parameters.
        units: its units (channels).
    """
    computed = {
        "name": name,
        "activation": activation,
        "units": units,
        **_saturation(reduced, activation, parameters),
        **_activity(reduced, activation),
        "dormant_unit_fraction": _dormant(reduced, activation),
        "gate": None if traits(activation).slope is None else _number(np.mean(reduced["gate"])),
        "asymmetry": _asymmetry(reduced),
        "preactivation": {key: _scalar(reduced, f"z_{key}") for key in _PERCENTILES},
        "output": {"mean": _scalar(reduced, "a_mean"), "std": _scalar(reduced, "a_std")},
        "identical_units": bool(reduced["identical"]) if units > 1 and "identical" in reduced else None,
        "non_finite": int(reduced.get("non_finite", 0)),
    }
    record = {field: computed[field] if field in computed else _scalar(reduced, field) for field in _FIELDS}
    return cast(LayerRecord, _without_shares(record) if record["non_finite"] else record)


def _without_shares(record: Mapping[str, object]) -> dict[str, object]:
    """A share over entries that are not numbers says nothing: null, and never 0."""
    kept = ("name", "activation", "units", "identical_units", "non_finite", *_OF_WEIGHTS)
    empty = {key: dict.fromkeys(value) if isinstance(value, dict) else None for key, value in record.items()}
    return empty | {key: record[key] for key in kept}


def _scalar(reduced: Reduced, name: str) -> Number:
    return _number(reduced.get(name, _NAN))


def _number(value: Array | np.floating) -> Number:
    number = float(value)
    return number if np.isfinite(number) else None


def _share(condition: NDArray[Any]) -> float:
    return float(np.mean(condition))


def sides(activation: str, parameters: Mapping[str, float]) -> tuple[bool, bool]:
    """Whether an activation saturates on its low and on its high side."""
    bounds = region(activation, parameters, 0.05)
    return bounds.low is not None, bounds.high is not None


def _saturation(reduced: Reduced, activation: str, parameters: Mapping[str, float]) -> dict[str, Number]:
    has_low, has_high = sides(activation, parameters)
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


def _activity(reduced: Reduced, activation: str) -> dict[str, Number]:
    active = np.asarray(reduced["active"])
    gated, mortal = traits(activation).relu_like, traits(activation).dies
    return {
        "dead_unit_fraction": _share(active == 0) if mortal else None,
        "near_dead_unit_fraction": _share((active > 0) & (active < NEAR_DEAD)) if mortal else None,
        "died_unit_fraction": _died(reduced, active) if mortal else None,
        "inactive_fraction": 1.0 - _share(active) if gated else None,
        "dead_piece_fraction": _dead_pieces(reduced),
    }


def _died(reduced: Reduced, active: Array) -> Number:
    """Of the units that were alive at epoch 0, the share that is dead now."""
    alive = np.asarray(reduced.get("alive_at_start", active > 0))
    return _share(active[alive] == 0) if alive.any() else None


def _dead_pieces(reduced: Reduced) -> Number:
    """Maxout: the share of linear pieces that win on no row."""
    return _share(np.asarray(reduced["piece_share"]) == 0) if "piece_share" in reduced else None


def _dormant(reduced: Reduced, activation: str) -> Number:
    """Share of units whose mean |a| is at most 0.025 of the layer's mean (Sokar et al. 2023)."""
    key = "mean_abs_centred" if traits(activation).rests_off_zero else "mean_abs"
    score = np.asarray(reduced[key])
    mean = score.mean()
    if not np.isfinite(mean):
        return None
    return 1.0 if mean == 0 else _share(score / mean <= DORMANT)


def _asymmetry(reduced: Reduced) -> Number:
    """Mean over units of |low - high|, over the saturated fraction; None where nothing is saturated."""
    low, high = np.asarray(reduced["low"]), np.asarray(reduced["high"])
    saturated = _share(low + high)
    return float(np.mean(np.abs(low - high))) / saturated if saturated > 0 else None
