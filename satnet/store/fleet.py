"""The service as its operators see it: queues, counts by status, and whether this Redis keeps what it is given."""

from typing import TypedDict

from satnet.store import keys
from satnet.store.connection import Connection, available

STATUSES = ("queued", "running", "paused", "succeeded", "failed", "cancelled")


class Health(TypedDict):
    """What readiness depends on."""

    appendonly: bool
    maxmemory_policy: str | None


class Fleet(Connection):
    """Read for /v1/queues, /metrics and /readyz, and by whoever looks for waiting work."""

    def queues(self) -> dict[str, int]:
        """Queue name -> how many experiments wait in it."""
        with available():
            return {name: self._redis.zcard(keys.queue(name)) for name in sorted(self._redis.smembers(keys.QUEUES))}

    def queued_count(self, queue: str) -> int:
        """How many experiments wait in one queue."""
        with available():
            return int(self._redis.zcard(keys.queue(queue)))

    def counts(self) -> dict[str, int]:
        """Status -> how many experiments."""
        with available():
            return {status: self._redis.zcard(keys.index(status)) for status in STATUSES}

    def health(self) -> Health:
        """Persistence and eviction of this Redis."""
        with available():
            persistence, memory = self._redis.info("persistence"), self._redis.info("memory")
        return {
            "appendonly": bool(persistence.get("aof_enabled")),
            "maxmemory_policy": memory.get("maxmemory_policy"),
        }
