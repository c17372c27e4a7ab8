"""The heartbeat: a thread with its own connection that renews the lease and receives cancel, pause or lost."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from satnet.errors import Interrupted, StoreUnavailable
from satnet.records.schema import EpochRecord
from satnet.records.summary import summarise
from satnet.settings import Settings
from satnet.store import Grant, Store
from worker import drain, held

_log = logging.getLogger(__name__)
_SLOW = 1.0  # seconds; a heartbeat that takes longer means that Redis hardly answers
KILLED = 75  # exit status of a child that did not respond in time
_held: list["Lease"] = []  # those of this process: a group has several


class Lease:
    """Holds an experiment while its context is open; `check` raises Interrupted when it must be let go."""

    def __init__(
        self,
        settings: Settings,
        grant: Grant,
        records: list[EpochRecord],
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        """`records`: the measured epochs, for the summary of a run that is cut; `leave`: ends this process."""
        self._settings, self._grant, self._records, self._leave = settings, grant, records, leave
        self._verdict: str | None = None
        self._since = 0.0
        self._progressed = time.monotonic()
        self._due = self._progressed + _max_seconds(grant) - grant.spent
        self._deadline = self._due + settings.deadline_grace.total_seconds()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        _held.append(self)
        _note()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Renew no more; may be called before the context closes."""
        self._closed.set()
        self._thread.join(10)
        if self in _held:
            _held.remove(self)
            _note()

    @property
    def noted(self) -> tuple[str, int] | None:
        """The experiment and the fence that end with this process where it takes too much memory."""
        return self._grant.id, self._grant.fence

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
        while not self._closed.wait(self._pause(beat)):
            if self._verdict is None and drain.requested():
                self._verdict, self._since = "drain", time.monotonic()
            began = time.monotonic()
            try:
                verdict = self._renew(store)
            except StoreUnavailable as error:
                _log.warning("no heartbeat for %s: %s", self._grant.id, error)
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
                _log.warning("cannot end %s: %s", self._grant.id, error)
        store.close()

    def _pause(self, beat: float) -> float:
        """Seconds to the next heartbeat: sooner where a request or the deadline is to be met."""
        left = self._deadline - time.monotonic()
        return min(beat, 1.0) if self._verdict or left <= 0 else min(beat, max(left, 0.05))

    def _judge(self, store: Store) -> None:
        """Where training does not come back to `check` in time: end the attempt, then this process."""
        now, settings = time.monotonic(), self._settings
        cancel = settings.cancel_grace.total_seconds()
        drain = max(1.0, settings.drain_grace.total_seconds() - 5)
        patience = {"cancel": cancel, "lost": cancel, "drain": drain, "pause": drain}.get(self._verdict or "")
        if patience is not None and now - self._since > patience:
            self._let_go(store)
            self._end_process(store)
        elif now > self._deadline:
            self._deadline_exceeded(store)
            self._end_process(store)
        elif now - self._progressed > settings.stall_s:
            self._stalled(store)
            self._end_process(store)

    def _renew(self, store: Store) -> str:
        return store.heartbeat(self._grant.id, self._grant.fence)

    def _let_go(self, store: Store) -> None:
        """End the attempt as requested, for training that does not respond."""
        grant = self._grant
        if self._verdict == "cancel":
            summary = summarise(list(self._records), {})
            store.finish(grant.id, grant.fence, "cancelled", summary=summary, environment=None)
        elif self._verdict != "lost":
            self.release(store)

    def _stalled(self, store: Store) -> None:
        grant, most = self._grant, self._settings.stall_s
        store.attempt_lost(grant.id, grant.fence, "stalled", f"no slice was finished within {most:g} s")

    def _deadline_exceeded(self, store: Store) -> None:
        """For training that does not come back in time, as from the compiler."""
        grant, most = self._grant, _max_seconds(self._grant)
        message = f"ran longer than resources.max_seconds = {most:g}; its process did not respond and was ended"
        reason = {"code": "deadline_exceeded", "message": message, "retryable": False}
        summary = summarise(list(self._records), {})
        store.finish(grant.id, grant.fence, "failed", summary=summary, environment=None, status_reason=reason)

    def release(self, store: Store) -> None:
        """Give the experiment back to its queue."""
        store.release(self._grant.id, self._grant.fence)

    def give_back(self, store: Store) -> None:
        """Let go of it because this process ends for another's sake."""
        if time.monotonic() > self._due:
            self._deadline_exceeded(store)
        else:
            self.release(store)

    def _end_process(self, store: Store) -> None:
        """The others of this process go back to the queue first, at no cost: they did nothing wrong."""
        for other in [one for one in _held if one is not self]:
            try:
                other.give_back(store)
            except StoreUnavailable as error:
                _log.warning("cannot release %s: %s", other._grant.id, error)
        held.note([])  # its end has nothing to do with memory
        self._leave(KILLED)


def _max_seconds(grant: Grant) -> float:
    """No limit where the spec, of another version, has none."""
    return float(grant.spec.get("resources", {}).get("max_seconds", math.inf))


def _note() -> None:
    held.note([noted for lease in _held if (noted := lease.noted) is not None])
