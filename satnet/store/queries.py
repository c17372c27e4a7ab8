"""What the store knows, read without changing it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis

from satnet.errors import BadRequest, NotFound
from satnet.results import ExperimentState, timestamp, to_document
from satnet.store import keys
from satnet.store.connection import Connection, Records, available

STATUSES = ("queued", "running", "paused", "succeeded", "failed", "cancelled")
_TIMES = ("created_at", "started_at", "finished_at")
_JSON = ("labels", "spec", "status_reason", "summary", "findings", "environment", "parent")


@dataclass(frozen=True)
class _Service:
    """What an expected wait follows from."""

    workers: Records
    recent: list[float]  # ms that the latest experiments ran


class Queries(Connection):
    """Documents, pages of them, epochs, events, workers, queues."""

    def get(self, identity: str) -> dict[str, Any]:
        """The public document. Raises NotFound."""
        return self.get_versioned(identity)[0]

    def get_versioned(self, identity: str) -> tuple[dict[str, Any], int]:
        """The public document and its version."""
        with available():
            stored = self._redis.hgetall(keys.experiment(identity))
            if not stored or "status" not in stored:
                raise NotFound(f"there is no experiment {identity}")
            waiting = self._waiting(identity, stored, cache(self._service))
        return _document(identity, stored, waiting), int(stored["version"])

    def _service(self) -> _Service:
        recent = [float(one) for one in self._redis.lrange(keys.DURATIONS, 0, -1)]
        return _Service(self.workers(), recent)

    def _waiting(
        self, identity: str, stored: Mapping[str, str], service: Callable[[], _Service]
    ) -> dict[str, Any] | None:
        """Position, expected wait and a reason in words, of what is queued; `service` is asked at most once a page."""
        if stored["status"] != "queued":
            return None
        queue = stored["queue"]
        rank = self._redis.zrank(keys.queue(queue), identity)
        takers = [one for one in service().workers if queue in one.get("queues", ())]
        if rank is None:
            return {"position": None, "eta_s": None, "message": "waits before it is tried again"}
        if not takers:
            message = f"no worker takes from queue {queue}; start one, or wait until one comes"
            return {"position": rank + 1, "eta_s": None, "message": message}
        recent = service().recent
        eta = round(rank * sum(recent) / len(recent) / len(takers) / 1000, 1) if recent else None
        return {"position": rank + 1, "eta_s": eta, "message": f"{rank} ahead of it in queue {queue}"}

    def version(self, identity: str) -> int:
        """Rises with every change of the document. Raises NotFound."""
        with available():
            version = self._redis.hget(keys.experiment(identity), "version")
        if version is None:
            raise NotFound(f"there is no experiment {identity}")
        return int(version)

    def list(
        self,
        *,
        status: str | None = None,
        labels: Mapping[str, str] | None = None,
        dataset: str | None = None,
        sweep: str | None = None,
        created_after: float | None = None,
        order: str = "-created_at",
        limit: int = 20,
        after: str | None = None,
    ) -> dict[str, Any]:
        """One page of documents, newest first unless `order` is created_at; the cursor is (created, id)."""
        descending = order == "-created_at"
        name = keys.index(status) if status else keys.INDEX_ALL
        if sweep:
            name = keys.index_of_sweep(sweep)
        found: list[dict[str, Any]] = []
        cursor = _cursor(after)
        last: tuple[float, str] | None = None
        service = cache(self._service)
        with available():
            for score, identity in self._walk(name, cursor, descending, created_after):
                stored = self._redis.hgetall(keys.experiment(identity))
                if not stored:  # expired: the index forgets it now
                    self._redis.zrem(name, identity)
                    continue
                if (sweep and status and stored["status"] != status) or not _matches(stored, labels, dataset):
                    continue
                if len(found) == limit:
                    return {"data": found, "has_more": True, "next": _encoded(last)}
                found.append(_document(identity, stored, self._waiting(identity, stored, service)))
                last = (score, identity)
        return {"data": found, "has_more": False, "next": None}

    def _walk(
        self, name: str, cursor: tuple[float, str] | None, descending: bool, created_after: float | None
    ) -> Iterator[tuple[float, str]]:
        """(created, id) from the cursor on, a hundred at a time by score, never by offset from the start."""
        edge: float | str = cursor[0] if cursor else ("+inf" if descending else "-inf")
        least: float | str = "-inf" if created_after is None else f"({created_after}"
        seen: set[str] = set()
        while True:
            step = 100 + len(seen)
            if descending:
                page = self._redis.zrevrangebyscore(name, edge, least, start=0, num=step, withscores=True)
            else:
                low = edge if cursor or seen else least
                page = self._redis.zrangebyscore(name, low, "+inf", start=0, num=step, withscores=True)
            fresh = [(score, identity) for identity, score in page if identity not in seen]
            for score, identity in fresh:
                if cursor is None or ((score, identity) < cursor if descending else (score, identity) > cursor):
                    yield score, identity
            if len(page) < step:
                return
            edge = page[-1][1]
            seen = {identity for identity, score in page if score == edge}

    def epochs(self, identity: str, after_epoch: int | None = None, fold: int | None = None) -> Records:
        """All measured epochs in order. Raises NotFound."""
        self.version(identity)
        with available():
            records = [json.loads(text) for text in self._redis.hvals(keys.epochs(identity))]
        kept = [
            record
            for record in records
            if (after_epoch is None or record["epoch"] > after_epoch) and (fold is None or record["fold"] == fold)
        ]
        return sorted(kept, key=lambda record: (record["fold"] or 0, record["epoch"]))

    def units(self, identity: str, epoch: int | None = None, fold: int | None = None) -> dict[str, Any] | None:
        """Per-unit arrays of a measured epoch (default: the latest kept), by layer; None where none are kept."""
        self.version(identity)
        with available():
            kept = [str(name).split(":") for name in self._redis.hkeys(keys.units(identity))]
            wanted = "" if fold is None else str(fold)
            folds = {part for part, _ in kept}
            if fold is None and "" not in folds and folds:
                wanted = str(max(int(part) for part in folds))
            numbers = [int(number) for part, number in kept if part == wanted]
            chosen = epoch if epoch is not None else max(numbers, default=None)
            if chosen is None or chosen not in numbers:
                return None
            content = json.loads(self._redis.hget(keys.units(identity), f"{wanted}:{chosen}"))
        return {"epoch": chosen, "fold": int(wanted) if wanted else None, "layers": content}

    def events(self, identity: str, after: str = "0-0", limit: int = 1000) -> Records:
        """Events after an event's id, oldest first. Raises NotFound, BadRequest."""
        self.version(identity)
        with available():
            try:
                entries = self._redis.xrange(keys.events(identity), min=f"({after}", count=limit)
            except redis.ResponseError as error:
                raise BadRequest(f"{after!r} is no event id") from error
        return [
            {
                "id": name,
                "type": fields["type"],
                "at": timestamp(float(fields["at"])),
                "data": json.loads(fields["data"]),
            }
            for name, fields in entries
        ]

    def workers(self) -> Records:
        """The workers that were seen within two minutes."""
        with available():
            since = self._now() - 120_000
            self._redis.zremrangebyscore(keys.WORKERS, "-inf", since)
            names = self._redis.zrange(keys.WORKERS, 0, -1)
            texts = self._redis.mget([keys.worker(name) for name in names]) if names else []
        workers = [json.loads(text) for text in texts if text]
        return [one | {"seen": timestamp(one["seen"])} for one in workers]

    def queues(self) -> dict[str, int]:
        """Queue name -> how many wait in it."""
        with available():
            return {name: self._redis.zcard(keys.queue(name)) for name in sorted(self._redis.smembers(keys.QUEUES))}

    def queue_of(self, identity: str) -> str:
        """The queue in which it waits, or waited. Raises NotFound."""
        with available():
            queue = self._redis.hget(keys.experiment(identity), "queue")
        if queue is None:
            raise NotFound(f"there is no experiment {identity}")
        return str(queue)

    def trimmed(self, identity: str, after: str) -> bool:
        """Whether events after an event's id are no longer kept."""
        with available():
            try:
                deleted = self._redis.xinfo_stream(keys.events(identity))["max-deleted-entry-id"]
            except redis.ResponseError:  # there is no stream
                return False
        return _moment(deleted) > _moment(after)

    def latest_event(self, identity: str) -> str:
        """The id of the newest event; 0-0 where there is none."""
        with available():
            newest = self._redis.xrevrange(keys.events(identity), count=1)
        return str(newest[0][0]) if newest else "0-0"

    def queued_count(self, queue: str) -> int:
        """How many wait in one queue."""
        with available():
            return int(self._redis.zcard(keys.queue(queue)))

    def counts(self) -> dict[str, int]:
        """Status -> how many experiments."""
        with available():
            return {status: self._redis.zcard(keys.index(status)) for status in STATUSES}

    def health(self) -> dict[str, Any]:
        """What readiness depends on: persistence and eviction of this Redis."""
        with available():
            persistence, memory = self._redis.info("persistence"), self._redis.info("memory")
        return {
            "appendonly": bool(persistence.get("aof_enabled")),
            "maxmemory_policy": memory.get("maxmemory_policy"),
        }


def _moment(event: str) -> tuple[int, int]:
    milliseconds, _, number = event.partition("-")
    try:
        return int(milliseconds), int(number or 0)
    except ValueError as error:
        raise BadRequest(f"{event!r} is no event id") from error


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line]


def _document(identity: str, stored: Mapping[str, str], waiting: Mapping[str, Any] | None) -> dict[str, Any]:
    parsed: dict[str, Any] = {key: json.loads(stored[key]) if stored.get(key) else None for key in _JSON}
    attempts = _lines(stored["attempts"])
    if stored.get("open_attempt"):
        attempts.append(json.loads(stored["open_attempt"] + "}"))
    status = stored["status"]
    queue = message = None
    if waiting is not None:
        queue = {key: waiting[key] for key in ("position", "eta_s")}
        message = waiting["message"]
    elif status == "running" and stored.get("flag"):
        message = {"cancel": "is being cancelled", "pause": "is being paused"}[stored["flag"]]
    parsed["labels"], parsed["findings"] = parsed["labels"] or {}, parsed["findings"] or []
    if parsed["spec"]:  # what PATCH changed shows in the spec too
        parsed["spec"] |= {
            "name": stored["name"] or None,
            "labels": parsed["labels"],
            "priority": int(stored["priority"]),
        }
        if stored["kind"] != "external":
            parsed["spec"]["keep"] = stored["keep"] == "1"
    return to_document(
        ExperimentState(
            id=identity,
            status=status,
            kind=stored["kind"],
            name=stored["name"] or None,
            spec_sha256=stored["spec_sha256"],
            seed=int(stored["seed"]),
            stop_reason=stored.get("stop_reason") or None,
            message=message,
            sweep=stored.get("sweep") or None,
            attempt=int(stored["attempt"]),
            attempts=attempts,
            progress=json.loads(stored["progress"]) if stored.get("progress") else {},
            queue=queue,
            transitions=_lines(stored["transitions"]),
            **{key: float(stored[key]) if stored.get(key) else None for key in _TIMES},  # type: ignore[arg-type]  # created_at is always there
            **parsed,
        )
    )


def _matches(stored: Mapping[str, str], labels: Mapping[str, str] | None, dataset: str | None) -> bool:
    if dataset is not None and stored["dataset"] != dataset:
        return False
    if not labels:
        return True
    own = json.loads(stored["labels"])
    return all(own.get(key) == value for key, value in labels.items())


def _cursor(text: str | None) -> tuple[float, str] | None:
    if text is None:
        return None
    score, _, identity = text.partition("_")
    try:
        return float(score), identity
    except ValueError as error:
        raise BadRequest(f"after: {text!r} is no cursor that a list gave out") from error


def _encoded(cursor: tuple[float, str] | None) -> str | None:
    return f"{int(cursor[0])}_{cursor[1]}" if cursor else None
