"""A finding, and how a condition that holds over epochs becomes one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from satnet.records.schema import Evidence, FindingRecord, Patch, Severity
from satnet.saturation.diagnosis.facts import Run

SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True)
class Remedy:
    """A JSON Patch (RFC 6902) of the spec; a hypothesis until the patched experiment was compared."""

    patch: Sequence[dict[str, Any]]
    why: str


@dataclass(frozen=True)
class Finding:
    """What was found; `id` is stable: rule and layer."""

    rule: str
    severity: str
    explanation: str
    metric: str
    value: Any
    threshold: Any
    source: str
    layer: str | None = None
    first_epoch: int | None = None
    last_epoch: int | None = None
    caused_by: str | None = None
    remedies: Sequence[Remedy] = field(default=())

    @property
    def id(self) -> str:
        """Rule and layer."""
        return f"{self.rule}:{self.layer}" if self.layer else self.rule

    def as_dict(self) -> FindingRecord:
        """The public form, METRICS section 6."""
        evidence: Evidence = {
            "metric": self.metric,
            "value": self.value,
            "threshold": self.threshold,
            "source": self.source,
        }
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": cast(Severity, self.severity),
            "layer": self.layer,
            "first_epoch": self.first_epoch,
            "last_epoch": self.last_epoch,
            "caused_by": self.caused_by,
            "evidence": evidence,
            "explanation": self.explanation,
            "remedies": [{"patch": cast(Patch, list(one.patch)), "why": one.why} for one in self.remedies],
        }


def stronger(one: Finding, other: Finding) -> Finding:
    """The more severe of two; the first on a tie."""
    return one if SEVERITIES.index(one.severity) >= SEVERITIES.index(other.severity) else other


def lasting(run: Run, condition: Callable[[int], Finding | None]) -> Finding | None:
    """The finding of a condition that held at two measured epochs in a row.

    Its evidence and severity are those of the last epoch at which it held. One that has passed since is
    told as info: whoever reads it need not act.

    Args:
        run: the run.
        condition: from the place of a measured epoch to the finding there, or None.
    """
    held = [condition(place) for place in range(len(run.records))]
    first = last = None
    for place in range(1, len(held)):
        if held[place] is not None and held[place - 1] is not None:
            first = place - 1 if first is None else first
            last = place
    if first is None or last is None:
        return None
    latest = held[last]
    if latest is None:
        return None
    epochs = [record["epoch"] for record in run.records]
    finding = replace(latest, first_epoch=epochs[first], last_epoch=epochs[last])
    if last < len(held) - 1:
        told = f"{latest.explanation} It has passed since epoch {epochs[last]}."
        return replace(finding, severity="info", explanation=told)
    return finding
