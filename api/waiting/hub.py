"""Wakes whoever waits for an experiment: one subscription to the store for the whole process."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Iterator

from fastapi.concurrency import run_in_threadpool

from api.waiting.places import Places
from api.waiting.watched import Watched
from satnet.errors import StoreUnavailable
from satnet.store import Changes, Store

_REREAD = 5.0  # seconds after which a change that nobody was told of is found, give or take a fifth
_log = logging.getLogger(__name__)
_TOGETHER = 500  # experiments that are read again in one round trip


class Hub:
    """The experiments that somebody waits for."""

    def __init__(self, store: Store, changes: Changes, places: Places) -> None:
        self.closing, self.places = False, places
        self._store, self._changes = store, changes
        self._watched: dict[str, Watched] = {}

    @contextlib.contextmanager
    def watching(self, experiment_id: str) -> Iterator[Watched]:
        """The experiment, told of every change while this lasts."""
        watched = self._watched.setdefault(experiment_id, Watched(experiment_id))
        watched.readers += 1
        try:
            yield watched
        finally:
            watched.readers -= 1
            if not watched.readers:
                del self._watched[experiment_id]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while this lasts; afterwards every wait has ended."""
        tasks = [asyncio.create_task(one) for one in (self._listen(), self._reread_for_ever())]
        for task in tasks:
            task.add_done_callback(_report)
        try:
            yield
        finally:
            self.close()
            while tasks:  # redis-py now and then takes a cancellation for a connection that was made
                for task in tasks:
                    task.cancel()
                tasks = list((await asyncio.wait(tasks, timeout=0.1))[1])

    def close(self) -> None:
        """The process stops: every wait ends."""
        self.closing = True
        for watched in self._watched.values():
            watched.wake()

    async def _listen(self) -> None:
        async for change in self._changes.listen():
            if change is None:
                await self._reread()
            elif watched := self._watched.get(change.experiment_id):
                watched.tell(change)

    async def _reread_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_REREAD * random.uniform(0.8, 1.2))
            await self._reread()

    async def _reread(self) -> None:
        """Read all versions again: a message that was lost delays its readers, and no more."""
        names = list(self._watched)
        for start in range(0, len(names), _TOGETHER):
            try:
                states = await run_in_threadpool(self._store.states, names[start : start + _TOGETHER])
            except StoreUnavailable:
                return
            for state in states:
                if watched := self._watched.get(state.experiment_id):
                    watched.tell(state)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("waiting for changes has failed", exc_info=error)
