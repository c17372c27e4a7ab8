"""In the worker's parent: do the shared housekeeping, and end a worker that does nothing while experiments wait."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence

from satnet.service.housekeeping import look_after
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.workers import Announcement

_log = logging.getLogger(__name__)
STUCK = 76  # exit status of a worker that ends because it is stuck
_WARM_UP = 120.0  # seconds that a child may need until its first announcement


class Watchdog:
    """Compares what this worker announces with what waits in its queues."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        worker: str,
        queues: Sequence[str],
        tickets: Callable[[str], int] = lambda _: 0,
    ) -> None:
        """`tickets`: how many wake-up calls of a queue nobody has taken."""
        self._settings, self._store, self._worker, self._queues = settings, store, worker, queues
        self._tickets = tickets
        self._since: float | None = None
        self._about: object = None  # process, latest experiment, tickets: they change while the worker works
        self._started = time.monotonic()

    def stuck(self) -> str | None:
        """Why this worker is to be replaced, once that has been so for `watchdog` long; None while all is well."""
        about, now = self._store.worker(self._worker), time.monotonic()
        reason = self._reason(about)
        idle = reason is None and about is not None and not (about.get("busy") or about.get("helps"))
        calls = sum(map(self._tickets, self._queues)) if idle else 0
        if calls:
            reason = f"its training process is idle and does not receive {calls} wake-up calls"
        if reason is None:
            self._since = None
            return None
        mark = about and (about.get("pid"), about.get("latest"), calls)
        if self._since is None or mark != self._about:  # it works
            self._since, self._about = now, mark
        return reason if now - self._since > self._settings.watchdog.total_seconds() else None

    def excuse(self) -> None:
        """Start over: while Redis is down, nothing is known of this worker."""
        self._since = None

    def _reason(self, about: Announcement | None) -> str | None:
        silent = 3 * self._settings.heartbeat.total_seconds()
        if about is None or about["silent_s"] > silent:
            warming = about is None and time.monotonic() - self._started < _WARM_UP
            return None if warming else "its training process sends nothing"
        if about.get("helps"):  # its own lease watches over that
            return None
        if busy := about.get("busy"):
            owner = self._store.owner(busy)
            return None if owner == self._worker else f"its training process still runs {busy}, which it has lost"
        waiting = sum(self._store.queued_count(queue) for queue in self._queues)
        return f"its training process is idle while {waiting} experiments wait" if waiting else None


def serve(
    settings: Settings,
    worker: str,
    queues: Sequence[str],
    wake: Callable[[str], None],
    tickets: Callable[[str], int],
    draining: Callable[[], bool],
    leave: Callable[[int], object] = os._exit,
) -> None:
    """Tick until the process ends; `leave` ends it, for whoever supervises it to start it anew."""
    store = Store(settings)
    watchdog = Watchdog(settings, store, worker, queues, tickets)
    while not draining():
        threading.Event().wait(settings.reaper_tick.total_seconds())
        try:
            look_after(store, settings, wake)
            reason = watchdog.stuck()
        except Exception as error:  # noqa: BLE001 - Redis or the broker is down; the next tick tries again
            _log.warning("housekeeping failed: %s", error)
            watchdog.excuse()
            continue
        if reason is not None and not draining():
            _log.error("this worker is stuck and exits: %s", reason)
            leave(STUCK)
            return
