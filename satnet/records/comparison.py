"""Two or more experiments side by side, and whether a remedy helped: pure functions on documents."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

Document = Mapping[str, Any]  # an experiment's document with its `epochs`
# Student's t, two-sided 95 %, for 1 to 30 degrees of freedom; 1.96 beyond.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_METRIC_OF = {"overfitting": "validation.loss"}  # what a finding is about, where that is not the accuracy
_NOT_COMPARED = ("name", "labels", "keep", "priority")
_METRICS = ("train.loss", "train.accuracy", "validation.loss", "validation.accuracy")


def compare(documents: Sequence[Document]) -> dict[str, Any]:
    """What differs in the specs, final and best metrics, aligned series, and a verdict where one is a remedy."""
    return {
        "experiments": [_brief(document) for document in documents],
        "differences": differences([document["spec"] for document in documents]),
        "series": series(documents),
        "verdict": verdict(documents),
    }


def _brief(document: Document) -> dict[str, Any]:
    summary = document["summary"] or {}
    brief = {key: document[key] for key in ("id", "name", "status", "seed", "parent", "status_reason")}
    brief |= {key: summary.get(key) for key in ("final", "best", "test", "seconds", "layers")}
    brief["findings"] = [{key: one[key] for key in ("id", "severity", "caused_by")} for one in document["findings"]]
    return brief


def differences(specs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The JSON pointers at which the specs differ, with each one's value (null where it has none)."""
    compared = [{key: spec[key] for key in spec if key not in _NOT_COMPARED} for spec in specs]
    return [{"pointer": pointer, "values": values} for pointer, values in _differing("", compared)]


def _differing(pointer: str, values: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Down to the first place where one has another kind of value than the others."""
    if all(isinstance(value, Mapping) for value in values):
        for key in dict.fromkeys(key for value in values for key in value):
            name = str(key).replace("~", "~0").replace("/", "~1")
            yield from _differing(f"{pointer}/{name}", [value.get(key) for value in values])
    elif all(isinstance(value, list) for value in values):
        for index in range(max(map(len, values))):
            parts = [value[index] if index < len(value) else None for value in values]
            yield from _differing(f"{pointer}/{index}", parts)
    elif any(value != values[0] for value in values):
        yield pointer, values


def series(documents: Sequence[Document]) -> dict[str, Any]:
    """Per metric one list an experiment, aligned on the union of the measured epochs; null where one has none.

    With folds, the mean over the folds that measured the epoch.
    """
    epochs = sorted({record["epoch"] for document in documents for record in document["epochs"]})
    told: dict[str, Any] = {"epochs": epochs}
    for name in (*_METRICS, "saturated_fraction", "gate", "dead_unit_fraction", "vanish_ratio"):
        told[name] = []
        for document in documents:
            by_epoch: dict[int, list[float]] = {}
            for record in document["epochs"]:
                if (value := _value(record, name)) is not None:
                    by_epoch.setdefault(record["epoch"], []).append(value)
            told[name].append([fmean(by_epoch[epoch]) if epoch in by_epoch else None for epoch in epochs])
    return told


def _value(record: Mapping[str, Any], name: str) -> float | None:
    """A metric of an epoch; of the layers, the worst one's."""
    if name in _METRICS:
        part, _, key = name.partition(".")
        value = record[part][key]
        return None if value is None else float(value)
    if name == "vanish_ratio":
        return record["network"]["vanish_ratio"]  # type: ignore[no-any-return]  # a record is JSON
    values = [layer[name] for layer in record["layers"] if layer[name] is not None]
    worst = min if name == "gate" else max
    return float(worst(values)) if values else None


def verdict(documents: Sequence[Document]) -> dict[str, Any] | None:
    """Whether the remedy among the documents helped its parent; None where none is a remedy of the first.

    One pair is judged by the sampling error of its validation rows, several seeds by the paired t interval.
    """
    first = documents[0]
    remedies = [one for one in documents[1:] if _remedy_of(one) == first["id"]]
    if not remedies:
        return None
    by_seed = {one["seed"]: one for one in documents if one is first or _role(one, first["id"]) == "baseline"}
    pairs = [(by_seed[one["seed"]], one) for one in remedies if one["seed"] in by_seed]
    parent = remedies[0]["parent"]
    gone = sum(parent["finding"] not in {found["id"] for found in one["findings"]} for one in remedies)
    told: dict[str, Any] = {
        "finding": parent["finding"],
        "patch": parent["patch"],
        "runs": len(remedies),
        "finding_gone": gone,
    }
    unfinished = [one["id"] for one in (*remedies, *(pair[0] for pair in pairs)) if not one["is_terminal"]]
    if unfinished:
        return told | _say("inconclusive", f"{', '.join(dict.fromkeys(unfinished))} still run", None)
    metric = _METRIC_OF.get(str(parent["finding"]).partition(":")[0], "validation.accuracy")
    return told | _judge(pairs, gone == len(remedies), metric)


def _remedy_of(document: Document) -> str | None:
    parent = document["parent"] or {}
    return parent.get("experiment") if parent.get("role") == "remedy" else None


def _role(document: Document, parent: str) -> str | None:
    told = document["parent"] or {}
    return told.get("role") if told.get("experiment") == parent else None


def _say(word: str, why: str, numbers: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"verdict": word, "reason": why, "numbers": numbers}


def _judge(pairs: Sequence[tuple[Document, Document]], gone: bool, name: str) -> dict[str, Any]:
    before_failed = sum(before["status"] == "failed" for before, _ in pairs)
    after_failed = sum(after["status"] == "failed" for _, after in pairs)
    if before_failed != after_failed:
        word = "helped" if after_failed < before_failed else "did not help"
        return _say(word, f"{before_failed} of {len(pairs)} failed before, {after_failed} after", None)
    values = [(_final(before, name), _final(after, name)) for before, after in pairs]
    if any(None in pair for pair in values):
        if any(before["spec"]["loss"] != after["spec"]["loss"] for before, after in pairs):
            return _say("inconclusive", "no accuracy, and the losses are not the same function", None)
        name = "validation.loss"
        values = [(_final(before, name), _final(after, name)) for before, after in pairs]
    told = [(b, a) for b, a in values if b is not None and a is not None]
    if not told:
        return _say("inconclusive", "no pair with the same seed has a final value", None)
    sign = 1.0 if name.endswith("accuracy") else -1.0
    gains = [sign * (after - before) for before, after in told]
    gain, error = fmean(gains), _error(gains, told, pairs, name)
    numbers = {
        "metric": name,
        "before": fmean(before for before, _ in told),
        "after": fmean(after for _, after in told),
        "gain": gain,
        "interval": None if error is None else [gain - error, gain + error],
        "pairs": len(told),
    }
    return _word(gain, error, gone, numbers)


def _word(gain: float, error: float | None, gone: bool, numbers: Mapping[str, Any]) -> dict[str, Any]:
    if error is None:
        why = "one pair of losses has no known sampling error; ask for repeats"
        return _say("inconclusive", why, numbers)
    if gain > error:
        return _say("helped", f"{numbers['metric']} improved by more than its error", numbers)
    if gain < -error:
        return _say("did not help", f"{numbers['metric']} got worse by more than its error", numbers)
    if gone:
        why = f"the finding is gone, but {numbers['metric']} changed by less than its error"
        return _say("inconclusive", why, numbers)
    return _say("did not help", f"the finding stays, and {numbers['metric']} changed by less than its error", numbers)


def _final(document: Document, name: str) -> float | None:
    final = (document["summary"] or {}).get("final")
    if not final:
        return None
    part, _, key = name.partition(".")
    value = final[part][key]
    return None if value is None else float(value)


def _error(
    gains: Sequence[float],
    values: Sequence[tuple[float, float]],
    pairs: Sequence[tuple[Document, Document]],
    name: str,
) -> float | None:
    """Half the width of a 95 % interval of the mean gain."""
    if len(gains) > 1:
        quantile = _T95[len(gains) - 2] if len(gains) - 2 < len(_T95) else 1.96
        return quantile * stdev(gains) / math.sqrt(len(gains))
    rows = [int(((one["summary"] or {}).get("rows") or {}).get("validation") or 0) for one in pairs[0]]
    if not name.endswith("accuracy") or not all(rows):
        return None
    variance = sum(share * (1 - share) / count for share, count in zip(values[0], rows, strict=True))
    return 1.96 * math.sqrt(variance)
