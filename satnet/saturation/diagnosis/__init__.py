"""The diagnosis: every rule of METRICS section 6 as a small function, in one table, ordered by cause."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from satnet.records.schema import FindingRecord
from satnet.saturation.diagnosis.facts import Facts, Run, facts_of, facts_of_external
from satnet.saturation.diagnosis.finding import Finding, Remedy, stronger
from satnet.saturation.diagnosis.remedies import usable
from satnet.saturation.diagnosis.rules import gradients, initialization, input, learning_rate, loss, outcome, saturation
from satnet.saturation.diagnosis.thresholds import DEFAULTS, Threshold, thresholds

__all__ = [
    "DEFAULTS",
    "RULES",
    "Facts",
    "Finding",
    "Remedy",
    "Threshold",
    "diagnose",
    "facts_of",
    "facts_of_external",
    "thresholds",
]


@dataclass(frozen=True)
class Rule:
    """A rule, and the rules whose finding (warning or critical) makes its own a consequence."""

    find: Callable[[Run], Iterator[Finding]]
    causes: tuple[str, ...] = ()


_STEPS = ("learning_rate_high", "input_not_standardized")
_SATURATION = ("saturated_at_start", "saturation_growing", "sigmoid_collapse", "dying_relu", "born_dead")
_START = ("initializer_mismatch", "symmetric_weights")
# In the order of causes: input, initialization, loss, learning rate, saturation and death, gradients, outcome.
# Findings of one group stand side by side; a cause is always of an earlier one.
RULES: dict[str, Rule] = {
    "input_not_standardized": Rule(input.input_not_standardized),
    "saturated_at_start": Rule(initialization.saturated_at_start, ("input_not_standardized",)),
    "born_dead": Rule(initialization.born_dead, ("input_not_standardized",)),
    "symmetric_weights": Rule(initialization.symmetric_weights),
    "initializer_mismatch": Rule(initialization.initializer_mismatch),
    "bad_start": Rule(initialization.bad_start, ("input_not_standardized",)),
    "loss_mismatch": Rule(loss.loss_mismatch),
    "learning_rate_high": Rule(learning_rate.learning_rate_high, ("input_not_standardized",)),
    "learning_rate_low": Rule(learning_rate.learning_rate_low),
    "saturation_growing": Rule(saturation.saturation_growing, _STEPS),
    "sigmoid_collapse": Rule(saturation.sigmoid_collapse, _STEPS),
    "dying_relu": Rule(saturation.dying_relu, _STEPS),
    "vanishing_gradient": Rule(gradients.vanishing_gradient, (*_START, *_SATURATION)),
    "exploding_gradient": Rule(gradients.exploding_gradient, (*_START, "learning_rate_high")),
    "non_finite": Rule(gradients.non_finite, (*_STEPS, "initializer_mismatch", "exploding_gradient")),
    "not_learning": Rule(outcome.not_learning),
    "nearly_linear": Rule(outcome.nearly_linear, ("initializer_mismatch",)),
    "underused": Rule(outcome.underused, (*_SATURATION, "symmetric_weights")),
    "overfitting": Rule(outcome.overfitting),
    "validates_on_test": Rule(outcome.validates_on_test),
}


def diagnose(
    facts: Facts,
    records: Iterable[Mapping[str, Any]] = (),
    overrides: Mapping[str, float] | None = None,
) -> list[FindingRecord]:
    """The findings on a network and its measured epochs, ordered by cause.

    Args:
        facts: what was asked for; see `facts_of`.
        records: measured epochs in order, METRICS section 3; folds are judged one by one. None yet: only what
            can be said before training is said.
        overrides: thresholds by name.
    """
    limits, found = thresholds(overrides), dict[str, Finding]()
    for run in _runs(facts, list(records), limits):
        for finding in _of_one_run(run):
            known = found.get(finding.id)
            found[finding.id] = finding if known is None else stronger(known, finding)
    order = list(RULES)
    ordered = sorted(found.values(), key=lambda one: order.index(one.rule))
    return [replace(one, remedies=usable(facts, one.remedies)).as_dict() for one in ordered]


def _runs(facts: Facts, records: list[Mapping[str, Any]], limits: Mapping[str, Threshold]) -> Iterator[Run]:
    folds = dict.fromkeys(record["fold"] for record in records) or {None: None}
    for fold in folds:
        yield Run(facts, [record for record in records if record["fold"] == fold], limits)


def _of_one_run(run: Run) -> list[Finding]:
    found: list[Finding] = []
    for name, rule in RULES.items():
        for finding in rule.find(run):
            if name == "not_learning" and _explained(found):
                continue
            found.append(_as_consequence(finding, rule, found))
    return found


def _explained(found: Sequence[Finding]) -> bool:
    return any(one.severity != "info" for one in found)


def _as_consequence(finding: Finding, rule: Rule, found: Sequence[Finding]) -> Finding:
    """Info, and a pointer to the cause, where a cause is already named; what is not finite stays critical."""
    for cause in found:
        if cause.severity == "info" and cause.caused_by is None:
            continue
        if cause.rule in rule.causes:
            root = cause.caused_by or cause.id
            severity = finding.severity if finding.rule == "non_finite" else "info"
            return replace(finding, severity=severity, caused_by=root)
    return finding
