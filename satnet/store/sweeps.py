"""Sweeps: their record, their points and trials, and whose turn it is to take one on."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from satnet.errors import IdempotencyKeyReused, NotFound, StoreUnavailable
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps, ms

_TURN_MS = 60_000  # a process that dies in its turn holds the others up for so long
_STATE = (
    "status", "objective", "status_reason", "stop_reason", "seed", "finished_at", "sweep", "trial",
    "spec_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class StoredSweep:
    """A sweep's record; times in ms."""

    id: str
    name: str | None
    status: str
    spec: dict[str, Any]
    created_at: float
    finished_at: float | None


@dataclass(frozen=True)
class StoredTrial:
    """One place of a sweep and the experiment in it."""

    point: int
    repeat: int
    experiment: str
    status: str  # deleted: somebody deleted the experiment
    objective: dict[str, Any] | None
    reason: dict[str, Any] | None
    stop_reason: str | None
    seed: int
    finished_at: float | None  # ms
    sha256: str  # of the spec
    reused: bool  # the experiment is another trial's, or another sweep's


class Sweeps(Connection):
    """Raises StoreUnavailable wherever Redis is away or refuses."""

    def create_sweep(
        self, sweep_id: str, spec: Mapping[str, Any], idempotency_key: str | None, fingerprint: str
    ) -> tuple[str, bool]:
        """Store a normalised sweep; its id, and whether an Idempotency-Key replayed it."""
        ttl = ms(self._settings.idempotency_ttl)
        fields = ("name", spec.get("name") or "", "spec", dumps(spec))
        with available():
            outcome, known = self._run("sweep", sweep_id, idempotency_key or "", fingerprint, ttl, *fields)
        if outcome == "reused":
            raise IdempotencyKeyReused(f"this key stands for {known} with another body")
        return str(known), outcome == "replayed"

    def sweep(self, sweep_id: str) -> StoredSweep:
        """Raises NotFound."""
        with available():
            stored = self._redis.hgetall(keys.sweep(sweep_id))
        if not stored:
            raise NotFound(f"there is no sweep {sweep_id}")
        return StoredSweep(
            sweep_id,
            stored["name"] or None,
            stored["status"],
            json.loads(stored["spec"]),
            float(stored["created_at"]),
            float(stored["finished_at"]) if stored.get("finished_at") else None,
        )

    def sweeps(self, status: str | None, limit: int, after: str | None) -> tuple[list[StoredSweep], str | None]:
        """A page, newest first, and the id to go on after (None at the end); ids sort by time."""
        found: list[StoredSweep] = []
        with available():
            names = sorted(self._redis.zrange(keys.INDEX_SWEEPS, 0, -1), reverse=True)
        for name in names:
            if after is not None and name >= after:
                continue
            try:
                one = self.sweep(name)
            except NotFound:  # expired: the index forgets it now
                with available():
                    self._redis.zrem(keys.INDEX_SWEEPS, name)
                continue
            if status is not None and one.status != status:
                continue
            if len(found) == limit:
                return found, found[-1].id
            found.append(one)
        return found, None

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

    @contextlib.contextmanager
    def sweep_turn(self, sweep_id: str) -> Iterator[bool]:
        """Whether this process alone takes the sweep on, for as long as the context is open."""
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

    def points(self, sweep_id: str) -> dict[int, dict[str, Any]]:
        """Number -> {"parameters": ..., "errors": [...] where it is no valid spec}."""
        with available():
            stored = self._redis.hgetall(keys.sweep(sweep_id, "points"))
        return {int(number): json.loads(content) for number, content in sorted(stored.items(), key=lambda p: int(p[0]))}

    def add_points(self, sweep_id: str, points: Mapping[int, Mapping[str, Any]]) -> None:
        """Store points; one that is there already stays as it is."""
        with available(), self._redis.pipeline(transaction=False) as pipe:
            for number, content in points.items():
                pipe.hsetnx(keys.sweep(sweep_id, "points"), number, dumps(content))
            pipe.execute()

    def mark_invalid(self, sweep_id: str, number: int, content: Mapping[str, Any]) -> None:
        """Store why a point is not trained."""
        with available():
            self._redis.hset(keys.sweep(sweep_id, "points"), number, dumps(content))

    def trials(self, sweep_id: str) -> list[StoredTrial]:
        """All trials, by point and repeat."""
        with available():
            slots = self._redis.hgetall(keys.sweep(sweep_id, "trials"))
            reused = self._redis.hgetall(keys.sweep(sweep_id, "reused"))
            with self._redis.pipeline(transaction=False) as pipe:
                for experiment in slots.values():
                    pipe.hmget(keys.experiment(experiment), *_STATE)
                states = pipe.execute()
        found = [
            _trial((sweep_id, slot), experiment, dict(zip(_STATE, state, strict=True)), reused.get(slot))
            for (slot, experiment), state in zip(slots.items(), states, strict=True)
        ]
        return sorted(found, key=lambda one: (one.point, one.repeat))

    def trials_open(self, sweep_id: str) -> int:
        """How many trials are not over."""
        with available():
            return int(self._redis.scard(keys.sweep(sweep_id, "open")))

    def same_spec(self, sha256: str) -> str | None:
        """An experiment that succeeded with this spec, all epochs included."""
        with available():
            found = self._redis.get(keys.same_spec(sha256))
        return None if found is None else str(found)

    def reuse(self, sweep_id: str, slot: str, experiment: str, objective: Mapping[str, Any] | None) -> None:
        """Let another experiment stand for a trial; `objective` where its own is of another sweep, or none."""
        with available(), self._redis.pipeline() as pipe:
            pipe.hsetnx(keys.sweep(sweep_id, "trials"), slot, experiment)
            if objective is not None:
                pipe.hsetnx(keys.sweep(sweep_id, "reused"), slot, dumps(objective))
            pipe.zadd(keys.index_of_sweep(sweep_id), {experiment: self._now()}, nx=True)
            pipe.execute()

    def rungs(self, sweep_id: str) -> dict[str, dict[str, float]]:
        """Experiment -> the rungs that it has come to, with its value there."""
        with available():
            stored = self._redis.hgetall(keys.sweep(sweep_id, "rungs"))
        return {experiment: json.loads(text) for experiment, text in stored.items()}

    def set_rungs(self, sweep_id: str, experiment: str, rungs: Mapping[str, float]) -> None:
        """Store what `rungs` reads."""
        with available():
            self._redis.hset(keys.sweep(sweep_id, "rungs"), experiment, dumps(rungs))


def _trial(place: tuple[str, str], experiment: str, state: Mapping[str, str | None], reused: str | None) -> StoredTrial:
    point, _, repeat = place[1].partition(":")
    objective = reused if reused is not None else state["objective"]
    return StoredTrial(
        int(point),
        int(repeat),
        experiment,
        state["status"] or "deleted",
        json.loads(objective) if objective else None,
        json.loads(state["status_reason"]) if state["status_reason"] else None,
        state["stop_reason"] or None,
        int(state["seed"] or 0),
        float(state["finished_at"]) if state["finished_at"] else None,
        state["spec_sha256"] or "",
        (state["sweep"], state["trial"]) != place,
    )
