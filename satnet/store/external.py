"""Experiments that are trained elsewhere: what they report."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from satnet.errors import RecordsTooLarge
from satnet.records.headline import headline
from satnet.records.schema import EpochRecord, FindingRecord, Progress, Units
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps, ms

_FENCE = 1  # one writer, from the start to the end
_AT_MOST_MS = 60_000  # a process that dies while it makes a diagnosis holds the next one up for so long
_SHARE = 20.0  # at most one part in twenty of the time goes into an experiment's diagnosis


@dataclass(frozen=True)
class Taken:
    """What became of posted epochs."""

    new: int
    total: int  # epochs that are stored now


class External(Connection):
    """Its epochs come in over HTTP, many at once; nobody holds a lease."""

    def take_epochs(
        self, experiment_id: str, measured: Sequence[tuple[EpochRecord, Units | None]], progress: Progress | None
    ) -> Taken | None:
        """Store epochs, all or none; None if it is not running any more. Raises RecordsTooLarge."""
        parts = [
            part
            for record, units in measured
            for part in (
                f":{record['epoch']}",
                dumps(record),
                dumps(headline(record)),
                dumps(units) if units else "",
                record["seconds"],
            )
        ]
        return self._take(experiment_id, dumps(progress) if progress else "", "", parts)

    def set_findings(self, experiment_id: str, findings: Sequence[FindingRecord]) -> None:
        """Store a new diagnosis of an experiment that is still running."""
        self._take(experiment_id, "", dumps(findings), ())

    def trained_seconds(self, experiment_id: str) -> float:
        """The seconds of all stored epochs."""
        with available():
            return float(self._redis.hget(keys.experiment(experiment_id), "trained_s") or 0)

    @contextlib.contextmanager
    def diagnosis_turn(self, experiment_id: str) -> Iterator[bool]:
        """Whether the diagnosis is due: no other process makes it, and it has not had its share of time yet."""
        name = keys.diagnosed(experiment_id)
        with available():
            mine = bool(self._redis.set(name, 1, nx=True, px=_AT_MOST_MS))
        began = time.monotonic()
        yield mine
        if mine:
            with available():
                self._redis.pexpire(name, max(1, int(1000 * _SHARE * (time.monotonic() - began))))

    def _take(self, experiment_id: str, progress: str, findings: str, parts: Sequence[str | float]) -> Taken | None:
        most, silence = self._settings.max_external_bytes, ms(self._settings.external_silence)
        with available():
            outcome, *numbers = self._run(
                "external_epochs", experiment_id, _FENCE, most, silence, progress, findings, *parts
            )
        if outcome == "lost":
            return None
        if outcome == "full":
            raise RecordsTooLarge(
                f"the records of {experiment_id} would take {numbers[0]} bytes, at most {most} are kept "
                f"(SATNET_MAX_EXTERNAL_BYTES)"
            )
        return Taken(*numbers)
