"""One experiment that somebody waits for."""

import asyncio
import contextlib
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from fastapi.concurrency import run_in_threadpool

from satnet.store import DELETED, Change

T = TypeVar("T")
_MOST_READS = 16  # answers of one version that are kept
_TOGETHER = 25  # readers that are woken in one go


class Watched:
    """What is known of an experiment, and what its readers share until it changes."""

    def __init__(self, experiment_id: str) -> None:
        self.experiment_id = experiment_id
        self.readers = 0
        self.change: Change | None = None
        self.wakes = 0
        self._asleep: dict[asyncio.Future[None], None] = {}
        self._reads: dict[Hashable, asyncio.Task[Any]] = {}

    def tell(self, change: Change) -> Change:
        """Take note of a change, and wake the readers if it is news. Returns the latest one."""
        known = self.change
        if known is None or change.version > known.version or change.status == DELETED != known.status:
            self.change = known = change
            self.wake()
        return known

    def wake(self) -> None:
        """Let every reader look again."""
        self.wakes += 1
        self._reads.clear()
        asleep, self._asleep = list(self._asleep), {}
        _wake_in_turn(asleep)

    async def woken(self, wakes: int, seconds: float) -> bool:
        """Wait until it has been woken more than `wakes` times; False after so many seconds."""
        if self.wakes == wakes:
            mine = asyncio.get_running_loop().create_future()
            self._asleep[mine] = None
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await mine
            finally:
                self._asleep.pop(mine, None)
        return self.wakes != wakes

    async def shared(self, name: Hashable, read: Callable[[], T]) -> T:
        """What `read` returns in a thread, called once for all readers that ask for `name` before the next change."""
        task = self._reads.get(name)
        if task is None:
            if len(self._reads) >= _MOST_READS:
                self._reads.clear()
            task = self._reads[name] = asyncio.create_task(run_in_threadpool(read))
            task.add_done_callback(lambda done: self._forget_failure(name, done))
        result: T = await asyncio.shield(task)  # a reader that leaves does not end it for the others
        return result

    def _forget_failure(self, name: Hashable, task: asyncio.Task[Any]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._reads.get(name) is task:
            del self._reads[name]


def _wake_in_turn(asleep: "list[asyncio.Future[None]]") -> None:
    """Wake some, and the others after other requests have had their turn."""
    for reader in asleep[:_TOGETHER]:
        if not reader.done():
            reader.set_result(None)
    if rest := asleep[_TOGETHER:]:
        asyncio.get_running_loop().call_soon(_wake_in_turn, rest)
