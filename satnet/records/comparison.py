"""Two or more experiments compared: what differs in their specs, their final metrics, and their series."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

import jsonpointer

from satnet.records.numbers import number_of
from satnet.records.remedy_verdict import remedy_verdict
from satnet.records.schema import (
    ComparedExperiment,
    Comparison,
    Difference,
    EpochRecord,
    FullExperiment,
    Number,
    Series,
    SpecJson,
)

_NOT_COMPARED = ("name", "labels", "keep", "priority")
_METRICS = ("train.loss", "train.accuracy", "validation.loss", "validation.accuracy")
_WORST = {"saturated_fraction": max, "gate": min, "dead_unit_fraction": max}  # of the hidden layers


def compare(documents: Sequence[FullExperiment]) -> Comparison:
    """What differs in the specs, final and best metrics, aligned series, and a verdict where one is a remedy."""
    return {
        "experiments": [_brief(document) for document in documents],
        "differences": differences([document["spec"] for document in documents]),
        "series": series(documents),
        "verdict": remedy_verdict(documents),
    }


def _brief(document: FullExperiment) -> ComparedExperiment:
    summary = document["summary"]
    return {
        "id": document["id"],
        "name": document["name"],
        "status": document["status"],
        "seed": document["seed"],
        "parent": document["parent"],
        "status_reason": document["status_reason"],
        "final": summary and summary["final"],
        "best": summary and summary["best"],
        "test": summary.get("test") if summary else None,
        "seconds": summary and summary["seconds"],
        "layers": summary and summary["layers"],
        "findings": [
            {"id": finding["id"], "severity": finding["severity"], "caused_by": finding["caused_by"]}
            for finding in document["findings"]
        ],
    }


def differences(specs: Sequence[SpecJson]) -> list[Difference]:
    """The JSON pointers at which the specs differ, with each one's value (null where it has none)."""
    compared = [{key: spec[key] for key in spec if key not in _NOT_COMPARED} for spec in specs]
    return list(_differing("", compared))


def _differing(pointer: str, values: Sequence[Any]) -> Iterator[Difference]:
    """Down to the first place where one has another kind of value than the others."""
    if all(isinstance(value, Mapping) for value in values):
        for key in dict.fromkeys(key for value in values for key in value):
            yield from _differing(f"{pointer}/{jsonpointer.escape(key)}", [value.get(key) for value in values])
    elif all(isinstance(value, list) for value in values):
        for index in range(max(map(len, values))):
            parts = [value[index] if index < len(value) else None for value in values]
            yield from _differing(f"{pointer}/{index}", parts)
    elif any(value != values[0] for value in values):
        yield {"pointer": pointer, "values": list(values)}


def series(documents: Sequence[FullExperiment]) -> Series:
    """Per metric one list an experiment, aligned on the union of the measured epochs; null where one has none.

    With folds, the mean over the folds that measured the epoch.
    """
    epochs = sorted({record["epoch"] for document in documents for record in document["epochs"]})
    aligned: Series = {"epochs": epochs}
    for name in (*_METRICS, *_asked(documents), *_WORST, "vanish_ratio"):
        aligned[name] = [_aligned(document["epochs"], name, epochs) for document in documents]
    return aligned


def _asked(documents: Sequence[FullExperiment]) -> list[str]:
    """The metrics that one of them asks for, on training and on validation rows."""
    names = [name for document in documents for name in document["spec"].get("training", {}).get("metrics", [])]
    return [f"{part}.{name}" for name in dict.fromkeys(names) for part in ("train", "validation")]


def _aligned(records: Sequence[EpochRecord], name: str, epochs: Sequence[int]) -> list[Number]:
    by_epoch: dict[int, list[float]] = {}
    for record in records:
        if (value := _value(record, name)) is not None:
            by_epoch.setdefault(record["epoch"], []).append(value)
    return [fmean(by_epoch[epoch]) if epoch in by_epoch else None for epoch in epochs]


def _value(record: EpochRecord, name: str) -> float | None:
    """A metric of an epoch; of the layers, the worst one's."""
    if name in _WORST:
        values = [value for layer in record["layers"] if (value := number_of(layer, name)) is not None]
        return _WORST[name](values) if values else None
    if name == "vanish_ratio":
        return record["network"]["vanish_ratio"]
    part, _, metric = name.partition(".")
    return number_of(record["train"] if part == "train" else record["validation"], metric)
