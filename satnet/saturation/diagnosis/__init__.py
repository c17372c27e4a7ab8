"""The diagnosis: what is wrong with a network, by rules that are ordered by cause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from satnet.records.schema import EpochRecord, FindingRecord
from satnet.saturation.diagnosis.facts import Facts, facts_of, facts_of_external
from satnet.saturation.diagnosis.finding import Finding, Remedy, stronger
from satnet.saturation.diagnosis.rule import Rule
from satnet.saturation.diagnosis.rules import DEFAULTS, RULES
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import Limits, Threshold, overridden
from satnet.saturation.diagnosis.usable import usable

__all__ = [
    "DEFAULTS",
    "RULES",
    "Facts",
    "Finding",
    "Remedy",
    "Rule",
    "Threshold",
    "diagnose",
    "facts_of",
    "facts_of_external",
    "thresholds",
]


def thresholds(overrides: Mapping[str, float] | None = None) -> dict[str, Threshold]:
    """Every threshold of the diagnosis by name. Raises ValueError for an override of a name that there is not."""
    return overridden(DEFAULTS, overrides or {})


def diagnose(
    facts: Facts,
    records: Iterable[EpochRecord] = (),
    overrides: Mapping[str, float] | None = None,
) -> list[FindingRecord]:
    """The findings on a network and its measured epochs, ordered by cause.

    Args:
        facts: what was asked for; see `facts_of`.
        records: measured epochs in order, METRICS section 3; folds are judged one by one. None yet: only what
            can be said before training is said.
        overrides: thresholds by name.
    """
    findings: dict[str, Finding] = {}
    for run in _runs(facts, list(records), thresholds(overrides)):
        for finding in _of_one_run(run):
            known = findings.get(finding.id)
            findings[finding.id] = finding if known is None else stronger(known, finding)
    order = list(RULES)
    ordered = sorted(findings.values(), key=lambda one: order.index(one.rule))
    return [replace(one, remedies=usable(facts, one.remedies)).as_record() for one in ordered]


def _runs(facts: Facts, records: list[EpochRecord], limits: Limits) -> Iterator[Run]:
    folds = dict.fromkeys(record["fold"] for record in records) or {None: None}
    for fold in folds:
        yield Run(facts, [record for record in records if record["fold"] == fold], limits)


def _of_one_run(run: Run) -> list[Finding]:
    findings: list[Finding] = []
    for rule in RULES.values():
        for finding in rule.findings(run):
            if not (rule.last_resort and any(one.severity != "info" for one in findings)):
                findings.append(_as_consequence(finding, rule, findings))
    return findings


def _as_consequence(finding: Finding, rule: Rule, earlier: Sequence[Finding]) -> Finding:
    """Info, and a pointer to the cause, where a cause is among the earlier findings."""
    for cause in earlier:
        if cause.severity == "info" and cause.caused_by is None:
            continue
        if cause.rule in rule.caused_by:
            severity = finding.severity if rule.always_critical else "info"
            return replace(finding, severity=severity, caused_by=cause.caused_by or cause.id)
    return finding
