"""The points and trials of a sweep, for whoever takes it one step on, and its rungs, for workers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from satnet.records.schema import StatusReason, StoredPoint, TrialOutcome
from satnet.records.status import TrialStatus
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps

_STATE = (
    "status", "objective", "status_reason", "stop_reason", "seed", "finished_at", "sweep", "trial",
    "spec_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class StoredTrial:
    """One place of a sweep and the experiment in it."""

    point: int
    repeat: int
    experiment: str
    status: TrialStatus  # deleted: somebody deleted the experiment
    objective: TrialOutcome | None
    reason: StatusReason | None
    stop_reason: str | None
    seed: int
    finished_at: float | None  # ms
    sha256: str  # of the spec
    reused: bool  # the experiment is another trial's, or another sweep's


class Trials(Connection):
    """A trial is an experiment; what is kept here is its place in the sweep."""

    def points(self, sweep_id: str) -> dict[int, StoredPoint]:
        """The points by number."""
        with available():
            stored = self._redis.hgetall(keys.sweep(sweep_id, "points"))
        return {int(number): json.loads(content) for number, content in sorted(stored.items(), key=lambda p: int(p[0]))}

    def add_points(self, sweep_id: str, points: Mapping[int, StoredPoint]) -> None:
        """Store points; one that is there already stays as it is."""
        with available(), self._redis.pipeline(transaction=False) as pipe:
            for number, content in points.items():
                pipe.hsetnx(keys.sweep(sweep_id, "points"), number, dumps(content))
            pipe.execute()

    def mark_invalid(self, sweep_id: str, number: int, content: StoredPoint) -> None:
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
        trials = [
            _trial((sweep_id, slot), experiment, dict(zip(_STATE, state, strict=True)), reused.get(slot))
            for (slot, experiment), state in zip(slots.items(), states, strict=True)
        ]
        return sorted(trials, key=lambda one: (one.point, one.repeat))

    def trials_open(self, sweep_id: str) -> int:
        """How many trials are not over."""
        with available():
            return int(self._redis.scard(keys.sweep(sweep_id, "open")))

    def same_spec(self, sha256: str) -> str | None:
        """An experiment of the same owner that succeeded with this spec, all epochs included."""
        with available():
            experiment = self._redis.get(keys.same_spec(sha256, self._owner))
        return None if experiment is None else str(experiment)

    def reuse(self, sweep_id: str, slot: str, experiment: str, objective: TrialOutcome | None) -> None:
        """Let another experiment stand for a trial; `objective` where its own is of another sweep, or none."""
        with available(), self._redis.pipeline() as pipe:
            pipe.hsetnx(keys.sweep(sweep_id, "trials"), slot, experiment)
            if objective is not None:
                pipe.hsetnx(keys.sweep(sweep_id, "reused"), slot, dumps(objective))
            pipe.zadd(keys.index_of_sweep(sweep_id), {experiment: self.now()}, nx=True)
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
        cast(TrialStatus, state["status"] or "deleted"),
        json.loads(objective) if objective else None,
        json.loads(state["status_reason"]) if state["status_reason"] else None,
        state["stop_reason"] or None,
        int(state["seed"] or 0),
        float(state["finished_at"]) if state["finished_at"] else None,
        state["spec_sha256"] or "",
        (state["sweep"], state["trial"]) != place,
    )
