"""Whether a remedy helped: pairs of equal seed, without it and with it."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Literal, TypedDict

from satnet.records.confidence import interval
from satnet.records.numbers import number_of
from satnet.records.schema import FullExperiment, Gain, Judgement, Parent, Patch, RemedyVerdict
from satnet.spec.metrics import more_is_better

_METRIC_OF = {  # what a finding is about, where that is not the accuracy
    "overfitting": "validation.loss",
    "class_imbalance": "network.mean_class_recall",  # the accuracy counts the rare class hardly
}
_NORMAL = 1.96  # half the width of a 95 % interval, in standard errors
Word = Literal["helped", "did not help", "inconclusive"]
Pair = tuple[FullExperiment, FullExperiment]  # without the remedy, with it


def remedy_verdict(documents: Sequence[FullExperiment]) -> RemedyVerdict | None:
    """Whether the remedy among the documents helped its parent; None where none is a remedy of the first.

    One pair is judged by the sampling error of its validation rows, several seeds by the paired t interval.
    """
    first = documents[0]
    remedies = [document for document in documents[1:] if _is(document, "remedy", first["id"])]
    parent = remedies[0]["parent"] if remedies else None
    if parent is None:
        return None
    finding = parent.get("finding")
    gone = sum(finding not in {one["id"] for one in document["findings"]} for document in remedies)
    baselines = [document for document in documents if document is first or _is(document, "baseline", first["id"])]
    by_seed = {document["seed"]: document for document in baselines}
    pairs = [(by_seed[document["seed"]], document) for document in remedies if document["seed"] in by_seed]
    return {**_about(parent, len(remedies), gone), **_judged(remedies, pairs, finding or "", gone == len(remedies))}


def _is(document: FullExperiment, role: str, parent: str) -> bool:
    origin = document["parent"]
    return origin is not None and origin["role"] == role and origin["experiment"] == parent


class _About(TypedDict):
    finding: str | None
    patch: Patch
    runs: int
    finding_gone: int


def _about(parent: Parent, runs: int, gone: int) -> _About:
    return {"finding": parent.get("finding"), "patch": parent["patch"], "runs": runs, "finding_gone": gone}


def _judged(remedies: Sequence[FullExperiment], pairs: Sequence[Pair], finding: str, gone: bool) -> Judgement:
    compared = [*remedies, *(before for before, _ in pairs)]
    unfinished = dict.fromkeys(document["id"] for document in compared if not document["is_terminal"])
    if unfinished:
        return _judgement("inconclusive", f"still running: {', '.join(unfinished)}")
    failed_before = sum(before["status"] == "failed" for before, _ in pairs)
    failed_after = sum(after["status"] == "failed" for _, after in pairs)
    if failed_before != failed_after:
        word: Word = "helped" if failed_after < failed_before else "did not help"
        return _judgement(word, f"{failed_before} of {len(pairs)} failed before, {failed_after} after")
    metric = _METRIC_OF.get(finding.partition(":")[0], "validation.accuracy")
    values = _values(pairs, metric)
    if len(values) < len(pairs):
        if any(before["spec"]["loss"] != after["spec"]["loss"] for before, after in pairs):
            return _judgement("inconclusive", "there is no accuracy, and the two losses are different functions")
        metric = "validation.loss"
        values = _values(pairs, metric)
    if not values:
        return _judgement("inconclusive", "no pair with the same seed has a final value")
    return _by_gain(_gain(values, metric, pairs[0]), gone)


def _values(pairs: Sequence[Pair], metric: str) -> list[tuple[float, float]]:
    """The final metric without and with the remedy, of each pair that has both."""
    finals = [(_final(before, metric), _final(after, metric)) for before, after in pairs]
    return [(before, after) for before, after in finals if before is not None and after is not None]


def _final(document: FullExperiment, metric: str) -> float | None:
    if metric.startswith("network."):
        records = document["epochs"]
        return number_of(records[-1]["network"], metric.removeprefix("network.")) if records else None
    final = document["summary"]["final"] if document["summary"] else None
    return None if final is None else number_of(final["validation"], metric.removeprefix("validation."))


def _gain(values: Sequence[tuple[float, float]], metric: str, pair: Pair) -> Gain:
    sign = 1.0 if more_is_better(metric) else -1.0
    gains = [sign * (after - before) for before, after in values]
    gain = fmean(gains)
    spread = interval(gains, folds=False) if len(gains) > 1 else None
    if len(gains) == 1 and metric.endswith("accuracy") and (error := _sampling_error(values[0], pair)) is not None:
        spread = gain - error, gain + error
    return {
        "metric": metric,
        "before": fmean(before for before, _ in values),
        "after": fmean(after for _, after in values),
        "gain": gain,
        "interval": None if spread is None else list(spread),
        "pairs": len(gains),
    }


def _sampling_error(accuracies: tuple[float, float], pair: Pair) -> float | None:
    """Half the width of a 95 % interval of the difference of two accuracies; None where the rows are not known."""
    counts = [document["summary"].get("rows", {}).get("validation") for document in pair if document["summary"]]
    rows = [count for count in counts if count]
    if len(rows) < len(pair):
        return None
    return _NORMAL * math.sqrt(sum(share * (1 - share) / count for share, count in zip(accuracies, rows, strict=True)))


def _by_gain(gain: Gain, gone: bool) -> Judgement:
    metric, spread = gain["metric"], gain["interval"]
    if spread is None:
        return _judgement("inconclusive", f"one pair of {metric} has no known sampling error; ask for repeats", gain)
    low, high = spread
    if low > 0:
        return _judgement("helped", f"{metric} improved by more than its error", gain)
    if high < 0:
        return _judgement("did not help", f"{metric} got worse by more than its error", gain)
    if gone:
        return _judgement("inconclusive", f"the finding is gone, but {metric} changed by less than its error", gain)
    return _judgement("did not help", f"the finding remains, and {metric} changed by less than its error", gain)


def _judgement(verdict: Word, reason: str, numbers: Gain | None = None) -> Judgement:
    return {"verdict": verdict, "reason": reason, "numbers": numbers}
