"""What the folds of one experiment say together: means, how sure they are, and each fold's saturation."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from satnet.records.confidence import LEVEL, interval

Fold = Mapping[str, Any]
_NAMES = ("loss", "accuracy", "mean_absolute_error")


def over_folds(folds: Sequence[Fold]) -> dict[str, Any] | None:
    """Mean, standard deviation (of a sample) and 95 % interval of each fold's final metrics and saturation.

    Args:
        folds: those that are over, each with `final`, `layers` (as in a summary) and perhaps `test`.

    Returns:
        `folds` (how many), `train`, `validation`, `test` (metric -> spread) and `layers` (the end of training, field ->
        spread). A spread is null where a fold has no such number. None for fewer than two folds.
    """
    if len(folds) < 2:
        return None
    told: dict[str, Any] = {"folds": len(folds), "level": LEVEL}
    for part in ("train", "validation"):
        told[part] = _metrics([fold["final"][part] for fold in folds])
    told["test"] = _metrics([fold["test"] for fold in folds]) if all("test" in fold for fold in folds) else None
    told["layers"] = [
        {"name": layer["name"], "activation": layer["activation"]}
        | {field: _spread([fold["layers"][place]["final"][field] for fold in folds]) for field in layer["final"]}
        for place, layer in enumerate(folds[0]["layers"])
    ]
    return told


def _metrics(ends: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _spread([one[name] for one in ends]) for name in _NAMES if name in ends[0]}


def _spread(values: Sequence[float | None]) -> dict[str, Any] | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return {"mean": fmean(known), "std": stdev(known), "interval": interval(known, folds=True)}
