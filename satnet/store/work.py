"""What workers, and whoever looks after them, do to experiments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from satnet.journal import Entry
from satnet.results import headline
from satnet.store import keys
from satnet.store.connection import Connection, Records, available, dumps, ms


@dataclass(frozen=True)
class Grant:
    """What a claim brought: this worker owns the experiment while its fence is the latest."""

    id: str
    fence: int
    attempt: int
    spec: dict[str, Any]


class Work(Connection):
    """Claim, report, end. Every write carries the fence, and is refused when a newer attempt owns the experiment."""

    def claim(self, queues: Sequence[str], worker: str, nonce: str) -> Grant | None:
        """The best queued experiment of `queues`, leased to `worker`; None if they are empty."""
        with available():
            grant = self._run("claim", worker, nonce, ms(self._settings.lease), *queues)
        if grant is None:
            return None
        identity, fence, attempt, spec = grant
        return Grant(identity, int(fence), int(attempt), json.loads(spec))

    def heartbeat(self, identity: str, fence: int) -> str:
        """Renew the lease; go, cancel, pause or lost."""
        with available():
            return str(self._run("heartbeat", identity, fence, ms(self._settings.lease), ""))

    def epoch(
        self, identity: str, fence: int, entry: Entry, progress: Mapping[str, Any], *, leased: bool = True
    ) -> bool:
        """Store a measured epoch; False if a newer attempt owns the experiment."""
        record = entry.record
        fold = "" if record["fold"] is None else record["fold"]
        with available():
            return bool(
                self._run(
                    "epoch",
                    identity,
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
            "summary": dumps(summary) if summary else "",
            "environment": dumps(environment) if environment else "",
            "status_reason": dumps(status_reason) if status_reason else "",
            "stop_reason": stop_reason or "",
        }
        if findings is not None:
            fields["findings"] = dumps(findings)
        code = str(status_reason["code"]) if status_reason else ""
        flat = [part for pair in fields.items() for part in pair]
        with available():
            return str(self._run("finish", identity, fence, status, self._retention, code, *flat))

    def release(self, identity: str, fence: int) -> bool:
        """Give a running experiment back to its queue."""
        with available():
            return bool(self._run("release", identity, fence, self._retention))

    def reap(self) -> list[tuple[str, str]]:
        """Take back what dead workers left, unless another process did within this tick."""
        settings = self._settings
        grace = ms(settings.lease) + ms(settings.redis_grace)
        with available():
            if not self._redis.set(keys.REAPER, "1", nx=True, px=max(1, ms(settings.reaper_tick))):
                return []
            run = self._redis.info("server")["run_id"]
            outcome = self._run("reap", run, grace, settings.max_losses, self._retention)
        return list(zip(outcome[::2], outcome[1::2], strict=True))

    def worker_seen(self, identity: str, info: Mapping[str, Any]) -> None:
        """A worker says that it lives; forgotten after two minutes of silence."""
        with available():
            now = self._now()
            self._redis.zadd(keys.WORKERS, {identity: now})
            self._redis.set(keys.worker(identity), dumps({"id": identity, "seen": now, **info}), ex=120)

    def lease_gpu(self, host: str, index: str, worker: str) -> bool:
        """Take or renew one GPU of a host for one lease; False if another worker has it."""
        name, span = keys.gpu(host, index), ms(self._settings.lease)
        with available():
            if self._redis.set(name, worker, nx=True, px=span):
                return True
            return self._redis.get(name) == worker and bool(self._redis.pexpire(name, span))
