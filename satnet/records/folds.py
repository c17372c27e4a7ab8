"""What the folds of one experiment say together: means, how sure they are, and each fold's saturation."""

from collections.abc import Sequence
from statistics import fmean, stdev

from satnet.records.confidence import LEVEL, interval
from satnet.records.numbers import number_of
from satnet.records.schema import (
    CrossValidationSummary,
    FoldSummary,
    LayerSpreads,
    LayerSummary,
    MeanSpread,
    Metrics,
    MetricSpreads,
    measures,
)

_METRICS = tuple(measures(Metrics))


def over_folds(folds: Sequence[FoldSummary]) -> CrossValidationSummary | None:
    """Mean, standard deviation (of a sample) and 95 % interval of each fold's final metrics and saturation.

    Args:
        folds: those that are over.

    Returns:
        None for fewer than two folds. A spread is null where a fold has no such number.
    """
    if len(folds) < 2:
        return None
    ends = [end for fold in folds if (end := fold["final"]) is not None]
    tested = [fold["test"] for fold in folds if "test" in fold]
    return {
        "folds": len(folds),
        "level": LEVEL,
        "train": _spreads([end["train"] for end in ends]),
        "validation": _spreads([end["validation"] for end in ends]),
        "test": _spreads(tested) if len(tested) == len(folds) else None,
        "layers": [_layer_spreads(layers) for layers in zip(*(fold["layers"] for fold in folds), strict=True)],
    }


def _layer_spreads(layers: Sequence[LayerSummary]) -> LayerSpreads:
    """One hidden activation over the folds."""
    spreads = {name: _spread([layer["final"][name] for layer in layers]) for name in layers[0]["final"]}
    return {"name": layers[0]["name"], "activation": layers[0]["activation"], **spreads}


def _spreads(metrics: Sequence[Metrics]) -> MetricSpreads:
    return {name: _spread([number_of(one, name) for one in metrics]) for name in _METRICS if name in metrics[0]}


def _spread(values: Sequence[float | None]) -> MeanSpread | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    spread = interval(known, folds=True)
    return {"mean": fmean(known), "std": stdev(known), "interval": None if spread is None else list(spread)}
