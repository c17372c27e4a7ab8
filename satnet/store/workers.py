"""Worker processes: what each says of itself, what it runs, and which GPU is its own."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from satnet.records.schema import WorkerRow
from satnet.records.timestamps import timestamp
from satnet.store import keys
from satnet.store.connection import Connection, available, dumps, ms

_FORGOTTEN_MS = 120_000  # a worker that is silent for so long is forgotten


class Announcement(TypedDict):
    """What a worker says of itself, as far as it is asked for here."""

    seen: float  # ms
    silent_s: float
    pid: NotRequired[int]
    busy: NotRequired[str | None]  # the experiment that it trains
    helps: NotRequired[str | None]  # the experiment of which it trains a fold for another worker
    latest: NotRequired[str | None]


class Workers(Connection):
    """Announced by workers, watched by their watchdogs, counted by whoever wakes one."""

    def workers(self) -> list[WorkerRow]:
        """Those heard from within two minutes."""
        with available():
            rows = self._workers(self._redis.zrange(keys.WORKERS, 0, -1))
            return rows if self._only is None else self._without_hidden(rows)

    def worker(self, worker: str) -> Announcement | None:
        """What a worker last said of itself, and how many seconds ago (`silent_s`); None if it never did."""
        with available():
            text, now = self._redis.get(keys.worker(worker)), self.now()
        if text is None:
            return None
        about: Announcement = json.loads(text)
        about["silent_s"] = (now - about["seen"]) / 1000
        return about

    def worker_seen(self, worker: str, info: Mapping[str, object]) -> None:
        """A worker announces itself; forgotten after two minutes of silence."""
        with available():
            self._run("seen", worker, dumps({"id": worker, **info}).removeprefix("{"), _FORGOTTEN_MS)

    def owner(self, experiment_id: str) -> str | None:
        """The worker that runs an experiment; None if none does."""
        with available():
            status, worker = self._redis.hmget(keys.experiment(experiment_id), "status", "worker")
        return worker if status == "running" else None

    def lease_gpu(self, host: str, index: str, worker: str) -> bool:
        """Take or renew one GPU of a host for one lease; False if another worker has it."""
        name, span = keys.gpu(host, index), ms(self._settings.lease)
        with available():
            if self._redis.get(name) == worker and self._redis.pexpire(name, span):  # also when memory is full
                return True
            return bool(self._redis.set(name, worker, nx=True, px=span))

    def _without_hidden(self, rows: list[WorkerRow]) -> list[WorkerRow]:
        """The rows with null for the ids of experiments that belong to others."""
        named = sorted({one for row in rows for one in (row.get("busy"), row.get("helps"), row.get("latest")) if one})
        with self._redis.pipeline(transaction=False) as pipe:
            for experiment_id in named:
                pipe.hget(keys.experiment(experiment_id), "owner")
            owners = pipe.execute()
        own = {name for name, owner in zip(named, owners, strict=True) if not self._hidden(owner)} | {None}
        for row in rows:
            for field in ("busy", "helps", "latest"):
                if row.get(field) not in own:
                    row[field] = None
        return rows

    def _workers(self, names: Sequence[str]) -> list[WorkerRow]:
        texts = self._redis.mget([keys.worker(name) for name in names]) if names else []
        workers: list[Announcement] = [json.loads(text) for text in texts if text]
        return [{**one, "seen": timestamp(one["seen"])} for one in workers]  # type: ignore[typeddict-item]  # silent_s is not stored
