"""The records of one attempt as they come: their findings, and the per-unit arrays worth keeping."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from satnet.records.schema import EpochRecord, FindingRecord, MeasuredEpoch, UnitArrays, Units

_ALWAYS = 25  # measured epochs after each of which the diagnosis is made anew
_SHARE = 20.0  # later on: at most one part in twenty of the time goes into it
_MOST_UNITS = 400_000  # entries of per-unit arrays that one experiment keeps
Diagnosis = Callable[[Sequence[EpochRecord]], list[FindingRecord]]


@dataclass(frozen=True)
class LoggedEpoch:
    """One measured epoch as it is stored."""

    record: EpochRecord
    units: Units | None  # None where this epoch's are not kept
    findings: list[FindingRecord] | None  # None where they were not made anew


class EpochLog:
    """Collects measured epochs and diagnoses them."""

    def __init__(self, diagnose: Diagnosis, epochs: int) -> None:
        """`epochs`: how many will be measured, which decides how many per-unit arrays are kept."""
        self._diagnose, self._epochs = diagnose, epochs
        self._next = 0.0
        self.records: list[EpochRecord] = []

    def add(self, measured: MeasuredEpoch) -> LoggedEpoch:
        """Add an epoch; what of it is to be stored."""
        record, units = without_units(measured)
        self.records.append(record)
        due = len(self.records) <= _ALWAYS or time.monotonic() >= self._next
        findings = self.findings() if due else None
        return LoggedEpoch(record, self._kept(record["epoch"], units), findings)

    def findings(self) -> list[FindingRecord]:
        """The diagnosis of all records so far."""
        began = time.monotonic()
        findings = self._diagnose(self.records)
        self._next = time.monotonic() + _SHARE * (time.monotonic() - began)
        return findings

    def _kept(self, epoch: int, units: Units | None) -> Units | None:
        """Every epoch's arrays where they are few; else epoch 0, the last, and an even stride between."""
        if not units:
            return None
        size = sum(len(values) for layer in units.values() for values in _arrays(layer) if values)
        stride = -(-size * (self._epochs + 1) // _MOST_UNITS)
        return units if epoch % max(1, stride) == 0 or epoch == self._epochs else None


def without_units(measured: MeasuredEpoch) -> tuple[EpochRecord, Units | None]:
    """The record, and the per-unit arrays that came with it."""
    record = {key: value for key, value in measured.items() if key != "units"}
    return cast(EpochRecord, record), measured.get("units")


def _arrays(layer: UnitArrays) -> list[list[object] | None]:
    return cast(list[list[object] | None], list(layer.values()))
