"""What a worker does with an experiment that it has claimed."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from satnet.records.epoch_log import LoggedEpoch
from satnet.records.headline import headline
from satnet.records.schema import FindingRecord, SpecJson
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps, ms


@dataclass(frozen=True)
class Grant:
    """A claimed experiment: the worker owns it while its fence is the latest."""

    id: str
    fence: int
    attempt: int
    spec: SpecJson
    spent: float  # seconds that earlier attempts took
    sweep: str = ""  # whose trial it is; empty for one that stands alone
    request: str = ""  # which submitted it; empty for one that no request asked for, as later trials


@dataclass(frozen=True)
class Place:
    """After which measured epoch a checkpoint was taken."""

    fold: int | None
    epoch: int


class StoredCheckpoint(TypedDict):
    """A registered checkpoint; `content` is None where it is a file among the artifacts."""

    name: str
    sha256: str
    fold: int | None
    epoch: int
    fence: int
    content: bytes | None


class Attempts(Connection):
    """Claim, report, end. Every write carries the fence, and is refused when a newer attempt owns the experiment."""

    def claim(self, queues: Sequence[str], worker: str, nonce: str) -> Grant | None:
        """The best queued experiment of `queues`, leased to `worker`; None if they are empty."""
        return next(iter(self.claim_group(queues, worker, nonce, 1)), None)

    def claim_group(self, queues: Sequence[str], worker: str, nonce: str, most: int) -> list[Grant]:
        """The best queued experiment of `queues` and up to `most` - 1 that are stacked with it, in one step."""
        with available():
            granted = self._run("claim", worker, nonce, ms(self._settings.lease), most, *queues)
        return [
            Grant(experiment_id, int(fence), int(attempt), json.loads(spec), int(spent or 0) / 1000, sweep, request)
            for experiment_id, fence, attempt, spec, spent, sweep, request in granted
        ]

    def heartbeat(self, experiment_id: str, fence: int) -> str:
        """Renew the lease; go, cancel, pause or lost."""
        with available():
            return str(self._run("heartbeat", experiment_id, fence, ms(self._settings.lease), ""))

    def epoch(
        self, experiment_id: str, fence: int, entry: LoggedEpoch, progress: Mapping[str, object], *, leased: bool = True
    ) -> bool:
        """Store a measured epoch; False if a newer attempt owns the experiment."""
        record = entry.record
        fold = "" if record["fold"] is None else record["fold"]
        with available():
            return bool(
                self._run(
                    "epoch",
                    experiment_id,
                    fence,
                    f"{fold}:{record['epoch']}",
                    dumps(record),
                    dumps(progress),
                    dumps(headline(record)),
                    ms(self._settings.lease) if leased else 0,
                    dumps(entry.units) if entry.units else "",
                    "" if entry.findings is None else dumps(entry.findings),
                )
            )

    def finish(
        self,
        experiment_id: str,
        fence: int,
        status: str,
        *,
        summary: Mapping[str, object] | None,
        environment: Mapping[str, object] | None,
        status_reason: Mapping[str, object] | None = None,
        stop_reason: str | None = None,
        findings: Sequence[FindingRecord] | None = None,
        objective: Mapping[str, object] | None = None,
    ) -> str:
        """End the attempt: ok, duplicate (this fence already did) or lost (it owns nothing any more)."""
        fields = {
            "summary": dumps(summary) if summary else "",
            "environment": dumps(environment) if environment else "",
            "status_reason": dumps(status_reason) if status_reason else "",
            "stop_reason": stop_reason or "",
            "objective": dumps(objective) if objective else "",
        }
        if findings is not None:
            fields["findings"] = dumps(findings)
        code = str(status_reason["code"]) if status_reason else ""
        flat = [part for pair in fields.items() for part in pair]
        with available():
            return str(self._run("finish", experiment_id, fence, status, self._retention, code, *flat))

    def release(self, experiment_id: str, fence: int) -> bool:
        """Give a running experiment back to its queue."""
        with available():
            return bool(self._run("release", experiment_id, fence, self._retention))

    def attempt_lost(self, experiment_id: str, fence: int, code: str, message: str) -> str:
        """The attempt fails through no fault of its spec: queued again, or failed with `code` after `max_losses`."""
        most = self._settings.max_losses
        with available():
            return str(self._run("attempt_lost", experiment_id, fence, code, message, most, self._retention))

    def add_checkpoint(
        self, experiment_id: str, fence: int, name: str, place: Place, sha256: str, content: bytes | None
    ) -> list[str] | None:
        """Register a checkpoint; names of those that it pushes out, or None if a newer attempt owns the experiment.

        `content`: to be kept here; None where it lies among the artifacts already.
        """
        entry = {"name": name, "sha256": sha256, "fold": place.fold, "epoch": place.epoch, "fence": fence}
        text = "" if content is None else base64.b64encode(content).decode()
        with available():
            kept, *dropped = self._run("checkpoint", experiment_id, fence, name, dumps(entry), text)
        return [str(one) for one in dropped] if kept else None

    def checkpoints(self, experiment_id: str) -> list[StoredCheckpoint]:
        """The registered ones, newest first; `content` is bytes where it is kept here, else None."""
        with available():
            text = self._redis.hget(keys.experiment(experiment_id), "checkpoints")
            entries: list[StoredCheckpoint] = [one for one in json.loads(text) if one] if text else []
            contents = [self._redis.hget(keys.checkpoints(experiment_id), one["name"]) for one in entries]
        return [
            {**one, "content": None if content is None else base64.b64decode(content)}
            for one, content in zip(entries, contents, strict=True)
        ]

    def rewind(self, experiment_id: str, fence: int, place: Place | None, skipped: list[str]) -> bool:
        """Forget what was measured after `place` (None: all of it); False if a newer attempt owns the experiment.

        `skipped`: names of checkpoints that could not be used, for an event.
        """
        fold = "" if place is None or place.fold is None else place.fold
        epoch = -1 if place is None else place.epoch
        resumed_from = "null" if place is None else dumps({"fold": place.fold, "epoch": place.epoch})
        note = dumps({"checkpoints": skipped}) if skipped else ""
        with available():
            return bool(self._run("rewind", experiment_id, fence, fold, epoch, resumed_from, note))
