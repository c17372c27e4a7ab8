"""The heartbeat: a thread with its own connection that renews the lease and hears what to do."""

import logging
import os
import threading
import time
from types import TracebackType
from typing import Any, Self

from satnet.errors import Interrupted, StoreUnavailable
from satnet.results import summarise
from satnet.settings import Settings
from satnet.store import Grant, Store
from worker import drain

_log = logging.getLogger(__name__)
_SLOW = 1.0  # seconds that a heartbeat takes only where Redis hardly answers
KILLED = 75  # exit status of a child that did not let go within its grace


class Lease:
    """Holds an experiment while its context is open; `check` raises Interrupted when it must be let go."""

    def __init__(self, settings: Settings, grant: Grant, records: list[dict[str, Any]]) -> None:
        self._settings, self._grant, self._records = settings, grant, records
        self._verdict: str | None = None
        self._since = 0.0
        self._progressed = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Renew no more; may be called before the context closes."""
        self._closed.set()
        self._thread.join(10)

    def check(self) -> None:
        """A slice is done: raise Interrupted with what the last heartbeat said, if it was not go."""
        self._progressed = time.monotonic()
        if self._verdict is None and drain.requested():
            self._verdict, self._since = "drain", time.monotonic()
        if self._verdict is not None:
            raise Interrupted(self._verdict)

    def _beat(self) -> None:
        store = Store(self._settings)
        beat = self._settings.heartbeat.total_seconds()
        while not self._closed.wait(min(beat, 1.0) if self._verdict else beat):
            if self._verdict is None and drain.requested():
                self._verdict, self._since = "drain", time.monotonic()
            began = time.monotonic()
            try:
                verdict = store.heartbeat(self._grant.id, self._grant.fence)
            except StoreUnavailable as error:
                _log.warning("heartbeat of %s: %s", self._grant.id, error)
                verdict = None
            if verdict is None or time.monotonic() - began > _SLOW:
                self._progressed = time.monotonic()  # training waits for the same Redis
            if verdict is None:
                continue
            if verdict not in ("go", self._verdict) and self._verdict not in ("cancel", "lost"):
                self._verdict, self._since = verdict, time.monotonic()
            try:
                self._judge(store)
            except StoreUnavailable as error:
                _log.warning("end of %s: %s", self._grant.id, error)
        store.close()

    def _judge(self, store: Store) -> None:
        """Where training does not come back to `check` in time: end the attempt, then this process."""
        grant, now, settings = self._grant, time.monotonic(), self._settings
        waited = now - self._since
        if self._verdict == "cancel" and waited > settings.cancel_grace.total_seconds():
            summary = summarise(list(self._records), {})
            store.finish(grant.id, grant.fence, "cancelled", summary=summary, environment=None)
            os._exit(KILLED)
        if self._verdict == "lost" and waited > settings.cancel_grace.total_seconds():
            os._exit(KILLED)
        if self._verdict in ("drain", "pause") and waited > max(1.0, settings.drain_grace.total_seconds() - 5):
            store.release(grant.id, grant.fence)
            os._exit(KILLED)
        if now - self._progressed > settings.stall_s:
            store.lose(grant.id, grant.fence, "stalled", f"no slice was finished within {settings.stall_s:g} s")
            os._exit(KILLED)
