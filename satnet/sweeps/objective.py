"""The objective of a sweep: one number of a trial's epoch records."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.hidden import hidden_layers

Record = Mapping[str, Any]
_SETS, _METRICS = ("train", "validation"), ("loss", "accuracy", "mean_absolute_error")
_NETWORK = (
    "vanish_ratio", "gate_decades", "weight_decades", "preactivation_std_ratio", "loss_over_chance", "confident_wrong",
    "saturated_wrong",
)  # fmt: skip
_LAYER = (
    "saturated_fraction", "saturated_low", "saturated_high", "saturated_unit_fraction", "one_sided_unit_fraction",
    "stuck_low_unit_fraction", "dead_unit_fraction", "near_dead_unit_fraction", "died_unit_fraction",
    "inactive_fraction", "dead_piece_fraction", "dormant_unit_fraction", "gate", "phi_b", "asymmetry", "delta_rms",
    "gradient_rms", "zero_gradient_fraction", "update_ratio", "movement", "weight_std", "effective_dimension",
)  # fmt: skip
_OVER = {"max": max, "min": min, "mean": fmean}  # over all hidden layers
_MORE_IS_BETTER = ("accuracy", "effective_dimension")
_UNCLEAR = ("vanish_ratio", "update_ratio", "movement", "delta_rms", "gradient_rms", "weight_std")


def problem(metric: str, base: ExperimentSpec) -> str | None:
    """What is wrong with a metric's name; None if nothing is."""
    part, _, rest = metric.partition(".")
    if part == "test":
        return "a sweep never chooses by the test rows"
    if part in _SETS and rest in _METRICS:
        info = dataset_info(base.dataset)
        regression = info is not None and info.task == "regression"
        if rest == "accuracy" and regression:
            return "a regression has no accuracy"
        if rest == "mean_absolute_error" and (not regression or part == "train"):
            return "only a regression's validation rows have one"
        return None
    if part == "network" and rest in _NETWORK:
        return None
    which, _, field = rest.partition(".")
    if part == "layers" and which and field in _LAYER:
        return None
    return (
        f"one of train.* or validation.* ({', '.join(_METRICS)}), network.* ({', '.join(_NETWORK)}) or "
        f"layers.NAME.*, layers.max.*, layers.min.*, layers.mean.* ({', '.join(_LAYER)}) is needed"
    )


def unknown_layer(metric: str, base: ExperimentSpec) -> str | None:
    """What is wrong where a metric names a layer that the network does not have."""
    part, _, rest = metric.partition(".")
    name = rest.partition(".")[0]
    known = [layer.name for layer in hidden_layers(base)]
    if part != "layers" or name in _OVER or name in known:
        return None
    return f"there is no hidden layer {name}; these are there: {', '.join(known) or 'none'}"


def usual_mode(metric: str) -> str | None:
    """Whether more or less of it is better; None where that is not clear."""
    name = metric.rpartition(".")[2]
    if name in _UNCLEAR:
        return None
    return "max" if name in _MORE_IS_BETTER or name == "gate" else "min"


def value_of(record: Record, metric: str) -> float | None:
    """The metric of one epoch; None where it has none."""
    part, _, rest = metric.partition(".")
    if part != "layers":
        value = (record.get(part) or {}).get(rest)
        return _finite(value)
    which, _, field = rest.partition(".")
    if which in _OVER:
        values = [value for layer in record["layers"] if (value := _finite(layer.get(field))) is not None]
        return float(_OVER[which](values)) if values else None  # type: ignore[operator]  # three functions of a list
    return next((_finite(layer.get(field)) for layer in record["layers"] if layer["name"] == which), None)


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def outcome(records: Sequence[Record], metric: str, sign: float, at: str) -> dict[str, Any]:
    """What a trial brings: `value` (mean over folds), `folds`, the `epoch` it is of, and a row for tables.

    Args:
        records: all measured epochs.
        metric: as for `value_of`.
        sign: 1 where more is better, else -1.
        at: last or best measured epoch of each fold.
    """
    chosen = [_chosen(part, metric, sign, at) for part in _by_fold(records)]
    values = [None if one is None else value_of(one, metric) for one in chosen]
    known = [value for value in values if value is not None]
    whole = bool(known) and len(known) == len(values)
    last = chosen[-1] if chosen and chosen[-1] is not None else {}
    return {
        "value": fmean(known) if whole else None,
        "folds": known if whole and len(known) > 1 else None,
        "epoch": last.get("epoch"),
        "epochs": sum(record["epoch"] > 0 for record in records),
        "row": _row([one for one in chosen if one is not None]),
        "seconds": sum(record["seconds"] for record in records),
    }


def _by_fold(records: Iterable[Record]) -> list[list[Record]]:
    folds: dict[Any, list[Record]] = {}
    for record in records:
        folds.setdefault(record["fold"], []).append(record)
    return list(folds.values())


def _chosen(records: Sequence[Record], metric: str, sign: float, at: str) -> Record | None:
    if at == "last" or not records:
        return records[-1] if records else None
    told = [record for record in records if value_of(record, metric) is not None]
    return max(told, key=lambda record: sign * (value_of(record, metric) or 0.0), default=None)


_COLUMNS = (
    "train.loss", "train.accuracy", "validation.loss", "validation.accuracy", "network.vanish_ratio",
    "layers.max.saturated_fraction", "layers.max.dead_unit_fraction",
)  # fmt: skip


def _row(chosen: Sequence[Record]) -> dict[str, float | None]:
    """The usual columns at the chosen epochs, means over folds."""
    row: dict[str, float | None] = {}
    for name in _COLUMNS:
        values = [value for record in chosen if (value := value_of(record, name)) is not None]
        row[name.replace("layers.max.", "worst_")] = fmean(values) if values else None
    return row
