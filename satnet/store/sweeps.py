"""Sweeps: their record, their status, and whose turn it is to take one a step on."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from satnet.errors import BadRequest, NotFound, StoreUnavailable
from satnet.records.ids import datasets_in, is_id
from satnet.records.schema import SpecJson, StatusReason
from satnet.records.status import SweepStatus
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps, ms

_TURN_MS = 60_000  # a process that dies in its turn holds the others up for so long


@dataclass(frozen=True)
class StoredSweep:
    """A sweep's record; times in ms."""

    id: str
    name: str | None
    status: SweepStatus
    spec: SpecJson
    created_at: float
    finished_at: float | None
    owner: str | None = None
    status_reason: StatusReason | None = None
    resume_asked: str | None = None  # the mark of a resume or rerun that no step has done yet, MODE:NUMBER


class Sweeps(Connection):
    """A sweep is moved on by whoever has its turn."""

    def create_sweep(
        self, sweep_id: str, spec: SpecJson, idempotency_key: str | None, fingerprint: str
    ) -> tuple[str, bool]:
        """Store a normalised sweep; its id, and whether an Idempotency-Key replayed it. Raises QuotaExceeded."""
        ttl = ms(self._settings.idempotency_ttl)
        fields = ("name", spec.get("name") or "", "spec", dumps(spec), "owner", self._owner)
        with available():
            outcome, known = self._run(
                "sweep",
                sweep_id,
                self._own_key(idempotency_key),
                fingerprint,
                ttl,
                *self._quota("sweeps"),
                ",".join(datasets_in([spec.get("base"), spec.get("parameters")])),
                *fields,
            )
        self._refuse_lacking(outcome, known, "#/base/dataset/name")
        self._refuse_key(outcome, known)
        self._refuse_more(outcome, "sweeps")
        return str(known), outcome == "replayed"

    def sweep(self, sweep_id: str) -> StoredSweep:
        """Raises NotFound."""
        with available():
            stored = self._redis.hgetall(keys.sweep(sweep_id))
        if not stored or self._hidden(stored.get("owner")):
            raise NotFound(f"there is no sweep {sweep_id}")
        asked = stored.get("resume_asked")
        return StoredSweep(
            sweep_id,
            stored["name"] or None,
            cast(SweepStatus, stored["status"]),
            json.loads(stored["spec"]),
            float(stored["created_at"]),
            float(stored["finished_at"]) if stored.get("finished_at") else None,
            stored.get("owner") or None,
            json.loads(stored["status_reason"]) if stored["status"] == "failed" and "status_reason" in stored else None,
            None if asked == stored.get("resume_done") else asked,
        )

    def sweeps(
        self, status: str | None, limit: int, after: str | None, owner: str | None = None
    ) -> tuple[list[StoredSweep], str | None]:
        """A page, newest first, and the id to go on after (None at the end); ids sort by time."""
        if after is not None and not is_id(after, "swp_"):
            raise BadRequest(f"after: {after[:100]!r} is not a cursor from a list")
        page: list[StoredSweep] = []
        if owner is not None and self._hidden(owner):
            return page, None
        owner = owner or self._only
        index = keys.index_of_owners_sweeps(owner) if owner else keys.INDEX_SWEEPS
        with available():
            names = sorted(self._redis.zrange(index, 0, -1), reverse=True)
        for name in names:
            if after is not None and name >= after:
                continue
            try:
                one = self.sweep(name)
            except NotFound:  # expired: the index forgets it now
                with available():
                    self._redis.zrem(index, name)
                continue
            if status is not None and one.status != status:
                continue
            if len(page) == limit:
                return page, page[-1].id
            page.append(one)
        return page, None

    def open_sweeps(self) -> list[str]:
        """Those that are not over."""
        with available():
            return sorted(self._redis.smembers(keys.SWEEPS_OPEN))

    def set_sweep_status(self, sweep_id: str, status: str, allowed: Sequence[str] = ()) -> str:
        """Change it, if it is one of `allowed` (none: any); the status before. Raises NotFound."""
        with available():
            before = self._run("sweep_status", sweep_id, status, self._retention, *allowed)
        if before is None:
            raise NotFound(f"there is no sweep {sweep_id}")
        return str(before)

    def resume_sweep(self, sweep_id: str, *, failed: bool, allowed: Sequence[str] = ()) -> str:
        """Let it run again, its next step resuming the paused and cancelled trials (or starting the `failed` anew).

        Only from one of `allowed` (none: any); the status before. Raises NotFound.
        """
        with available():
            before = self._run("sweep_resume", sweep_id, "retry" if failed else "resume", *allowed)
        if before is None:
            raise NotFound(f"there is no sweep {sweep_id}")
        return str(before)

    def step_failed(self, sweep_id: str) -> int:
        """A step could not be taken; how many in a row."""
        with available():
            return int(self._redis.hincrby(keys.sweep(sweep_id), "failed_steps", 1))

    def step_taken(self, sweep_id: str) -> None:
        """A step was taken after all."""
        with available():
            self._redis.hdel(keys.sweep(sweep_id), "failed_steps")

    def fail_sweep(self, sweep_id: str, reason: StatusReason) -> None:
        """End it, whatever it was asked to do. Raises NotFound."""
        with available():
            asked = self._redis.hget(keys.sweep(sweep_id), "resume_asked")
        if asked is not None:
            self.trials_resumed(sweep_id, asked)
        with available():
            self._redis.hset(keys.sweep(sweep_id), "status_reason", dumps(reason))
        self.set_sweep_status(sweep_id, "failed", ("running", "paused"))

    def trials_resumed(self, sweep_id: str, mark: str) -> None:
        """What `mark` (StoredSweep.resume_asked) asked for is done."""
        with available():
            self._redis.hset(keys.sweep(sweep_id), "resume_done", mark)

    @contextlib.contextmanager
    def sweep_turn(self, sweep_id: str) -> Iterator[bool]:
        """Whether this process alone may take the sweep a step on while the context is open."""
        token, name = secrets.token_hex(8), keys.turn(sweep_id)
        with available():
            mine = bool(self._redis.set(name, token, nx=True, px=_TURN_MS))
        try:
            yield mine
        finally:
            if mine:
                with contextlib.suppress(StoreUnavailable), available():
                    if self._redis.get(name) == token:
                        self._redis.delete(name)
