"""How an experiment ended: final and best metrics, and the saturation of each layer before and after training."""

from collections.abc import Iterable, Sequence
from typing import TypedDict, cast

from satnet.records.folds import over_folds
from satnet.records.schema import (
    LAYER_SUMMARY,
    CrossValidationSummary,
    Ends,
    EpochEnd,
    EpochRecord,
    FoldExtra,
    FoldSummary,
    LayerEnd,
    LayerRecord,
    Summary,
    TrainingExtra,
)


class _Folds(TypedDict):
    folds: list[FoldSummary]
    cross_validation: CrossValidationSummary | None


def summarise(records: Iterable[EpochRecord], extra: TrainingExtra) -> Summary:
    """Final and best metrics, seconds, and per layer the saturation at epoch 0 and at the end.

    With folds these are of the last fold, `best` and `seconds` excepted; `folds` has each fold's own, with what `extra`
    adds to it, and `cross_validation` what they say together.
    """
    records = list(records)
    rest = {key: value for key, value in extra.items() if key != "folds"}
    if not records:
        return cast(Summary, {"final": None, "best": None, "seconds": 0.0, "layers": []} | rest)
    by_fold: dict[int | None, list[EpochRecord]] = {}
    for record in records:
        by_fold.setdefault(record["fold"], []).append(record)
    overall = _ends(by_fold[records[-1]["fold"]])
    overall["best"] = _best(records)
    overall["seconds"] = sum(record["seconds"] for record in records)
    return cast(Summary, {**overall, **({} if None in by_fold else _folds(by_fold, extra.get("folds", []))), **rest})


def _folds(by_fold: dict[int | None, list[EpochRecord]], extra: Sequence[FoldExtra]) -> _Folds:
    added: dict[int | None, FoldExtra] = {one["fold"]: one for one in extra}
    folds = [
        cast(FoldSummary, {"fold": fold, **_ends(records), **added.get(fold, {})}) for fold, records in by_fold.items()
    ]
    complete = folds if added else folds[:-1]  # the last fold of a run that was cut has trained less than the others
    return {"folds": folds, "cross_validation": over_folds(complete)}


def _ends(records: Sequence[EpochRecord]) -> Ends:
    first, last = records[0], records[-1]
    ends = {layer["name"]: layer for layer in last["layers"]}  # what is posted from outside may lack some
    return {
        "final": {"epoch": last["epoch"], "train": last["train"], "validation": last["validation"]},
        "best": _best(records),
        "seconds": sum(record["seconds"] for record in records),
        "layers": [
            {
                "name": start["name"],
                "activation": start["activation"],
                "units": start["units"],
                "epoch_0": _layer_end(start),
                "final": _layer_end(ends[start["name"]]),
            }
            for start in first["layers"]
            if start["name"] in ends
        ],
    }


def _layer_end(layer: LayerRecord) -> LayerEnd:
    numbers = cast(LayerEnd, layer)
    return {name: numbers[name] for name in LAYER_SUMMARY}


def _best(records: Sequence[EpochRecord]) -> EpochEnd | None:
    """The epoch with the smallest validation loss."""
    losses = [(loss, record) for record in records if (loss := record["validation"]["loss"]) is not None]
    if not losses:
        return None
    _, best = min(losses, key=lambda pair: pair[0])
    return {
        "epoch": best["epoch"],
        "fold": best["fold"],
        "train": best["train"],
        "validation": best["validation"],
    }
