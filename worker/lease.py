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
KILLED = 75  # exit status of a child that did not let go within its grace


class Lease:
    """Holds an experiment while its context is open; `check` raises Interrupted when it must be let go."""

    def __init__(self, settings: Settings, grant: Grant, records: list[dict[str, Any]]) -> None:
        self._settings, self._grant, self._records = settings, grant, records
        self._verdict: str | None = None
        self._since = 0.0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._thread.join(10)

    def check(self) -> None:
        """Raise Interrupted with what the last heartbeat said, if it was not go."""
        if self._verdict is None and drain.requested():
            self._verdict = "drain"
        if self._verdict is not None:
            raise Interrupted(self._verdict)

    def _beat(self) -> None:
        store = Store(self._settings)
        beat = self._settings.heartbeat.total_seconds()
        while not self._closed.wait(min(beat, 1.0) if self._verdict else beat):
            try:
                verdict = store.heartbeat(self._grant.id, self._grant.fence)
            except StoreUnavailable as error:
                _log.warning("heartbeat of %s: %s", self._grant.id, error)
                continue
            if verdict != "go" and self._verdict is None:
                self._verdict, self._since = verdict, time.monotonic()
            if self._verdict in ("cancel", "lost") and self._overdue():
                self._kill(store)
        store.close()

    def _overdue(self) -> bool:
        return time.monotonic() - self._since > self._settings.cancel_grace.total_seconds()

    def _kill(self, store: Store) -> None:
        """The training does not come back to `check`: end the experiment, then this process."""
        if self._verdict == "cancel":
            summary = summarise(list(self._records), {})
            store.finish(self._grant.id, self._grant.fence, "cancelled", summary=summary, environment=None)
        os._exit(KILLED)
