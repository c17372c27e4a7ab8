"""Writes in order, without making training wait for a Redis that is down."""

import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from satnet.errors import StoreUnavailable

_LONGEST_PAUSE = 10.0
T = TypeVar("T")


class Outbox:
    """What could not be delivered is tried again at the next write, with growing pauses; `wait` delivers the rest."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds without Redis after which StoreUnavailable is raised after all."""
        self._patience, self._due = patience, deque[Callable[[], object]]()
        self._since: float | None = None
        self._pause, self._next = 0.0, 0.0

    def __len__(self) -> int:
        return len(self._due)

    def put(self, write: Callable[[], object]) -> None:
        """Deliver `write` after all that wait already, now or later."""
        self._due.append(write)
        if time.monotonic() >= self._next:
            self._deliver()

    def wait(self, write: Callable[[], T]) -> T:
        """Deliver everything and then `write`; what it returns."""
        result: list[T] = []
        self._due.append(lambda: result.append(write()))
        while self._due:
            time.sleep(max(0.0, min(self._next - time.monotonic(), 1.0)))
            self._deliver()
        return result[0]

    def _deliver(self) -> None:
        try:
            while self._due:
                self._due[0]()
                self._due.popleft()
        except StoreUnavailable:
            now = time.monotonic()
            self._since = self._since or now
            if now - self._since > self._patience:
                raise
            self._pause = min(max(0.5, 2 * self._pause), _LONGEST_PAUSE)
            self._next = now + self._pause
        else:
            self._since, self._pause, self._next = None, 0.0, 0.0
