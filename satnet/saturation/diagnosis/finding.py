"""A finding: what a rule found, the number behind it, and what may help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from satnet.records.schema import FindingRecord, Patch, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Scalar = float | str | bool | None


@dataclass(frozen=True)
class Remedy:
    """A JSON Patch (RFC 6902) of the spec; a hypothesis until the patched experiment was compared."""

    patch: Patch
    why: str


@dataclass(frozen=True)
class Evidence:
    """The number that a rule judged, and what it was compared with."""

    metric: str
    value: Scalar
    threshold: Scalar
    source: str


@dataclass(frozen=True)
class Finding:
    """What a rule found. Epochs are those at which it held first and last; before training, 0."""

    severity: Severity
    explanation: str
    evidence: Evidence
    layer: str | None = None
    first_epoch: int = 0
    last_epoch: int = 0
    remedies: Sequence[Remedy] = ()
    rule: str = ""  # its registry entry names it
    caused_by: str | None = None

    @property
    def id(self) -> str:
        """Rule and layer; stable."""
        return f"{self.rule}:{self.layer}" if self.layer else self.rule

    def as_record(self) -> FindingRecord:
        """The public form."""
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "layer": self.layer,
            "first_epoch": self.first_epoch,
            "last_epoch": self.last_epoch,
            "caused_by": self.caused_by,
            "evidence": {
                "metric": self.evidence.metric,
                "value": self.evidence.value,
                "threshold": self.evidence.threshold,
                "source": self.evidence.source,
            },
            "explanation": self.explanation,
            "remedies": [{"patch": one.patch, "why": one.why} for one in self.remedies],
        }


def stronger(one: Finding, other: Finding) -> Finding:
    """The more severe of two; the first on a tie."""
    return one if SEVERITIES.index(one.severity) >= SEVERITIES.index(other.severity) else other
