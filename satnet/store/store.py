"""One class whose methods are the changes and questions that the truth allows."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from satnet.errors import BadRequest, Conflict, IdempotencyKeyReused, NotFound, StoreUnavailable
from satnet.journal import Entry
from satnet.results import ExperimentState, headline, json_safe, timestamp, to_document
from satnet.settings import Settings
from satnet.store import keys
from satnet.store.scripts import Scripts

_TIMES = ("created_at", "started_at", "finished_at")
Records = list[dict[str, Any]]
_JSON = ("labels", "spec", "status_reason", "summary", "findings", "environment", "parent")
STATUSES = ("queued", "running", "paused", "succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Grant:
    """What a claim brought: this worker owns the experiment while its fence is the latest."""

    id: str
    fence: int
    attempt: int
    spec: dict[str, Any]


@contextlib.contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise StoreUnavailable("Redis cannot be reached") from error
    except redis.ResponseError as error:
        if str(error).startswith(("OOM", "MISCONF", "READONLY", "LOADING", "BUSY")):
            raise StoreUnavailable(f"Redis refuses: {error}") from error
        raise


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _dumps(value: Any) -> str:
    return json.dumps(json_safe(value), separators=(",", ":"), allow_nan=False)


class Store:
    """Redis, as satnet uses it. Raises StoreUnavailable wherever Redis is away or refuses."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis: Any = redis.Redis.from_url(
            settings.redis_url,
            decode_responses=True,
            socket_timeout=3,
            socket_connect_timeout=2,
            health_check_interval=15,
            retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.2), 2),
        )
        self._run = Scripts(self._redis)

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    # -- what users do ---------------------------------------------------------------------------------------

    def submit(
        self,
        *,
        experiment_id: str,
        spec: Mapping[str, Any],
        spec_sha256: str,
        queue: str,
        idempotency_key: str | None = None,
        fingerprint: str = "",
        parent: Mapping[str, Any] | None = None,
        findings: Records | None = None,
    ) -> tuple[str, bool]:
        """Store a normalised spec; the id, and whether an Idempotency-Key replayed it."""
        fields = {
            "kind": "experiment",
            "name": spec["name"] or "",
            "labels": _dumps(spec["labels"]),
            "spec": _dumps(spec),
            "spec_sha256": spec_sha256,
            "seed": spec["seed"],
            "priority": spec["priority"],
            "keep": int(spec["keep"]),
            "queue": queue,
            "dataset": spec["dataset"].get("name", ""),
            "parent": _dumps(parent) if parent else "",
            "findings": _dumps(findings or []),
        }
        flat = [part for pair in fields.items() for part in pair]
        ttl = _ms(self._settings.idempotency_ttl)
        with _available():
            outcome, identity = self._run("submit", experiment_id, idempotency_key or "", fingerprint, ttl, *flat)
        if outcome == "reused":
            raise IdempotencyKeyReused(f"this key stands for {identity} with another body")
        if outcome == "full":
            raise StoreUnavailable("the store is at 80 % of its memory; running experiments go first")
        return str(identity), outcome == "replayed"

    def submit_external(
        self,
        *,
        experiment_id: str,
        spec: Mapping[str, Any],
        idempotency_key: str | None,
        fingerprint: str,
        findings: Records,
    ) -> str:
        """Store an experiment that is trained elsewhere, running from the start under fence 1; its id."""
        fields = {
            "kind": "external",
            "name": spec["name"] or "",
            "labels": _dumps(spec["labels"]),
            "spec": _dumps(spec),
            "spec_sha256": "",
            "seed": 0,
            "priority": 0,
            "keep": 0,
            "queue": "",
            "dataset": "",
            "parent": "",
            "findings": _dumps(findings),
        }
        flat = [part for pair in fields.items() for part in pair]
        ttl = _ms(self._settings.idempotency_ttl)
        with _available():
            outcome, identity = self._run("external", experiment_id, idempotency_key or "", fingerprint, ttl, *flat)
        if outcome == "reused":
            raise IdempotencyKeyReused(f"this key stands for {identity} with another body")
        return str(identity)

    def cancel(self, identity: str) -> str:
        """Cancel at once (queued, paused) or at the next heartbeat (running); the status before."""
        with _available():
            status = self._run("cancel", identity, self._retention)
        if status is None:
            raise NotFound(f"there is no experiment {identity}")
        return str(status)

    def patch(self, identity: str, changes: Mapping[str, Any]) -> None:
        """Change name, labels or priority."""
        stored = {key: _dumps(value) if key == "labels" else value or "" for key, value in changes.items()}
        if "priority" in changes:
            stored["priority"] = int(changes["priority"])
        with _available():
            known = self._run("patch", identity, *[part for pair in stored.items() for part in pair])
        if not known:
            raise NotFound(f"there is no experiment {identity}")

    def delete(self, identity: str) -> None:
        """Delete a terminal experiment; Conflict otherwise."""
        with _available():
            outcome = self._run("delete", identity)
        if outcome == "missing":
            raise NotFound(f"there is no experiment {identity}")
        if outcome != "ok":
            raise Conflict(f"{identity} is {outcome}; cancel it first, or wait until it is over")

    # -- what workers do -------------------------------------------------------------------------------------

    def claim(self, queues: Sequence[str], worker: str, nonce: str) -> Grant | None:
        """The best queued experiment of `queues`, leased to `worker`; None if they are empty."""
        with _available():
            grant = self._run("claim", worker, nonce, _ms(self._settings.lease), *queues)
        if grant is None:
            return None
        identity, fence, attempt, spec = grant
        return Grant(identity, int(fence), int(attempt), json.loads(spec))

    def heartbeat(self, identity: str, fence: int) -> str:
        """Renew the lease; go, cancel, pause or lost."""
        with _available():
            return str(self._run("heartbeat", identity, fence, _ms(self._settings.lease), ""))

    def epoch(
        self, identity: str, fence: int, entry: Entry, progress: Mapping[str, Any], *, leased: bool = True
    ) -> bool:
        """Store a measured epoch; False if a newer attempt owns the experiment."""
        record = entry.record
        fold = "" if record["fold"] is None else record["fold"]
        with _available():
            return bool(
                self._run(
                    "epoch",
                    identity,
                    fence,
                    f"{fold}:{record['epoch']}",
                    _dumps(record),
                    _dumps(progress),
                    _dumps(headline(record)),
                    _ms(self._settings.lease) if leased else 0,
                    _dumps(entry.units) if entry.units else "",
                    "" if entry.findings is None else _dumps(entry.findings),
                )
            )

    def finish(
        self,
        identity: str,
        fence: int,
        status: str,
        *,
        summary: Mapping[str, Any] | None,
        environment: Mapping[str, Any] | None,
        status_reason: Mapping[str, Any] | None = None,
        stop_reason: str | None = None,
        findings: Records | None = None,
    ) -> str:
        """End the attempt: ok, duplicate (this fence already did) or lost (it owns nothing any more)."""
        fields = {
            "summary": _dumps(summary) if summary else "",
            "environment": _dumps(environment) if environment else "",
            "status_reason": _dumps(status_reason) if status_reason else "",
            "stop_reason": stop_reason or "",
        }
        if findings is not None:
            fields["findings"] = _dumps(findings)
        code = str(status_reason["code"]) if status_reason else ""
        flat = [part for pair in fields.items() for part in pair]
        with _available():
            return str(self._run("finish", identity, fence, status, self._retention, code, *flat))

    def release(self, identity: str, fence: int) -> bool:
        """Give a running experiment back to its queue."""
        with _available():
            return bool(self._run("release", identity, fence, self._retention))

    def reap(self) -> list[tuple[str, str]]:
        """Take back what dead workers left, unless another process did within this tick."""
        settings = self._settings
        grace = _ms(settings.lease) + _ms(settings.redis_grace)
        with _available():
            if not self._redis.set(keys.REAPER, "1", nx=True, px=max(1, _ms(settings.reaper_tick))):
                return []
            run = self._redis.info("server")["run_id"]
            outcome = self._run("reap", run, grace, settings.max_losses, self._retention)
        return list(zip(outcome[::2], outcome[1::2], strict=True))

    def worker_seen(self, identity: str, info: Mapping[str, Any]) -> None:
        """A worker says that it lives; forgotten after two minutes of silence."""
        with _available():
            now = self._now()
            self._redis.zadd(keys.WORKERS, {identity: now})
            self._redis.set(keys.worker(identity), _dumps({"id": identity, "seen": now, **info}), ex=120)

    # -- questions to workers ---------------------------------------------------------------------------------

    def ask(self, question: Mapping[str, Any], patience: float) -> dict[str, Any] | None:
        """Put a question to whichever worker is free first; its reply, or None after `patience` seconds."""
        name = secrets.token_hex(8)
        with _available():
            until = self._now() + 1000 * patience
            self._redis.lpush(keys.QUESTIONS, _dumps({**question, "id": name, "until": until}))
            while (left := until - self._now()) > 0:
                reply = self._redis.blpop([keys.answer(name)], timeout=min(2.0, max(0.1, left / 1000)))
                if reply is not None:
                    content: dict[str, Any] = json.loads(reply[1])
                    return content
        return None

    def next_question(self) -> dict[str, Any] | None:
        """The oldest question that somebody still waits for; None after a moment without one."""
        with _available():
            found = self._redis.brpop([keys.QUESTIONS], timeout=2)
            if found is None:
                return None
            question: dict[str, Any] = json.loads(found[1])
            return question if question["until"] > self._now() else None

    def reply(self, name: str, content: Mapping[str, Any]) -> None:
        """Answer a question; forgotten after a minute if nobody waits any more."""
        with _available():
            self._redis.lpush(keys.answer(name), _dumps(content))
            self._redis.expire(keys.answer(name), 60)

    def lease_gpu(self, host: str, index: str, worker: str) -> bool:
        """Take or renew one GPU of a host for one lease; False if another worker has it."""
        name, span = keys.gpu(host, index), _ms(self._settings.lease)
        with _available():
            if self._redis.set(name, worker, nx=True, px=span):
                return True
            return self._redis.get(name) == worker and bool(self._redis.pexpire(name, span))

    # -- questions -------------------------------------------------------------------------------------------

    def get(self, identity: str) -> dict[str, Any]:
        """The public document. Raises NotFound."""
        return self.get_versioned(identity)[0]

    def get_versioned(self, identity: str) -> tuple[dict[str, Any], int]:
        """The public document and its version."""
        with _available():
            stored = self._redis.hgetall(keys.experiment(identity))
            if not stored or "status" not in stored:
                raise NotFound(f"there is no experiment {identity}")
            waiting = self._waiting(identity, stored)
        return _document(identity, stored, waiting), int(stored["version"])

    def _waiting(self, identity: str, stored: Mapping[str, str]) -> dict[str, Any] | None:
        """Position, expected wait and a reason in words, of what is queued."""
        if stored["status"] != "queued":
            return None
        queue = stored["queue"]
        rank = self._redis.zrank(keys.queue(queue), identity)
        takers = [one for one in self.workers() if queue in one.get("queues", ())]
        if rank is None:
            return {"position": None, "eta_s": None, "message": "waits before it is tried again"}
        if not takers:
            message = f"no worker takes from queue {queue}; start one, or wait until one comes"
            return {"position": rank + 1, "eta_s": None, "message": message}
        recent = [float(one) for one in self._redis.lrange(keys.DURATIONS, 0, -1)]
        eta = round(rank * sum(recent) / len(recent) / len(takers) / 1000, 1) if recent else None
        return {"position": rank + 1, "eta_s": eta, "message": f"{rank} ahead of it in queue {queue}"}

    def version(self, identity: str) -> int:
        """Rises with every change of the document. Raises NotFound."""
        with _available():
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
        created_after: float | None = None,
        order: str = "-created_at",
        limit: int = 20,
        after: str | None = None,
    ) -> dict[str, Any]:
        """One page of documents, newest first unless `order` is created_at; the cursor is (created, id)."""
        descending = order == "-created_at"
        name = keys.index(status) if status else keys.INDEX_ALL
        found: list[dict[str, Any]] = []
        cursor = _cursor(after)
        last: tuple[float, str] | None = None
        with _available():
            for score, identity in self._walk(name, cursor, descending, created_after):
                stored = self._redis.hgetall(keys.experiment(identity))
                if not stored:  # expired: the index forgets it now
                    self._redis.zrem(name, identity)
                    continue
                if not _matches(stored, labels, dataset):
                    continue
                if len(found) == limit:
                    return {"data": found, "has_more": True, "next": _encoded(last)}
                found.append(_document(identity, stored, self._waiting(identity, stored)))
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
        with _available():
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
        with _available():
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
        with _available():
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
        with _available():
            since = self._now() - 120_000
            self._redis.zremrangebyscore(keys.WORKERS, "-inf", since)
            names = self._redis.zrange(keys.WORKERS, 0, -1)
            texts = self._redis.mget([keys.worker(name) for name in names]) if names else []
        workers = [json.loads(text) for text in texts if text]
        return [one | {"seen": timestamp(one["seen"])} for one in workers]

    def queues(self) -> dict[str, int]:
        """Queue name -> how many wait in it."""
        with _available():
            return {name: self._redis.zcard(keys.queue(name)) for name in sorted(self._redis.smembers(keys.QUEUES))}

    def queued_count(self, queue: str) -> int:
        """How many wait in one queue."""
        with _available():
            return int(self._redis.zcard(keys.queue(queue)))

    def counts(self) -> dict[str, int]:
        """Status -> how many experiments."""
        with _available():
            return {status: self._redis.zcard(keys.index(status)) for status in STATUSES}

    def health(self) -> dict[str, Any]:
        """What readiness depends on: persistence and eviction of this Redis."""
        with _available():
            persistence, memory = self._redis.info("persistence"), self._redis.info("memory")
        return {
            "appendonly": bool(persistence.get("aof_enabled")),
            "maxmemory_policy": memory.get("maxmemory_policy"),
        }

    def _now(self) -> float:
        seconds, micro = self._redis.time()
        return float(seconds * 1000 + micro // 1000)

    @property
    def _retention(self) -> int:
        return _ms(self._settings.retention)


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
    elif status == "running" and stored.get("flag") == "cancel":
        message = "is being cancelled"
    parsed["labels"], parsed["findings"] = parsed["labels"] or {}, parsed["findings"] or []
    if parsed["spec"]:  # what PATCH changed shows in the spec too
        parsed["spec"] |= {
            "name": stored["name"] or None,
            "labels": parsed["labels"],
            "priority": int(stored["priority"]),
        }
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
