"""Sweeps as objects, and `/v1/sweeps`, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from satnet.client.aio.transport import AsyncTransport
from satnet.client.documents import ReadSweep
from satnet.client.protocol import PAUSE, Deadline, QueryValue, Request
from satnet.client.routes import sweeps as routes
from satnet.client.routes.bodies import Json
from satnet.records.schema import BestAnswer, ImportanceAnswer, SweepDocument, TrialRow

Update = Callable[["AsyncSweep"], Awaitable[None] | None]
Trials = list[TrialRow]


class AsyncSweep(ReadSweep):
    """One sweep as last read, and what can be done with it."""

    def __init__(self, sweeps: "AsyncSweeps", document: Mapping[str, object]) -> None:
        super().__init__(document)
        self._sweeps = sweeps

    async def wait(
        self, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> "AsyncSweep":
        """Return it when it is over, however it ended; with `progress`, show a bar. Raises WaitTimeout."""
        return await self._sweeps.wait(self["id"], timeout, on_update, progress)

    async def trials(self, **query: QueryValue) -> Trials:
        """One row a trial; `status`, `sort` (value, -value, seconds, trial)."""
        return await self._sweeps.trials(self["id"], **query)

    async def ranking(self) -> BestAnswer:
        """The best point with its interval, and whether it is better than the others by more than the noise."""
        return await self._sweeps.best(self["id"])


class AsyncSweeps:
    """`/v1/sweeps`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, spec: object, idempotency_key: str | None = None) -> AsyncSweep:
        """Submit a sweep (a mapping or a JSON file); one key is kept across all retries."""
        return await self._one(routes.create(spec, idempotency_key))

    async def dry_run(self, spec: object) -> Json:
        """How many trials it would be, which points are no valid specs, and an estimate; nothing is stored."""
        return await self._transport.send(routes.dry_run(spec))

    async def get(self, sweep_id: str) -> AsyncSweep:
        """One sweep with its progress and the best so far."""
        return await self._one(routes.get(sweep_id))

    async def list(self, **query: QueryValue) -> AsyncIterator[AsyncSweep]:
        """All that match (`status`), newest first, page by page as they are needed."""
        async for document in self._transport.pages(routes.list_(query)):
            yield AsyncSweep(self, document)

    async def trials(self, sweep_id: str, **query: QueryValue) -> Trials:
        """One row a trial; `status`, `sort` (value, -value, seconds, trial)."""
        return await self._transport.send(routes.trials(sweep_id, query))

    async def best(self, sweep_id: str) -> BestAnswer:
        """The best point with its interval, and whether it is better than the others by more than the noise."""
        return await self._transport.send(routes.best(sweep_id))

    async def importance(self, sweep_id: str, method: str = "fanova") -> ImportanceAnswer:
        """How much of the objective's variance each parameter explains."""
        return await self._transport.send(routes.importance(sweep_id, method))

    async def cancel(self, sweep_id: str) -> AsyncSweep:
        """Cancel all trials that are not over."""
        return await self._one(routes.act(sweep_id, "cancel"))

    async def pause(self, sweep_id: str) -> AsyncSweep:
        """Pause its trials; they keep their checkpoints."""
        return await self._one(routes.act(sweep_id, "pause"))

    async def resume(self, sweep_id: str) -> AsyncSweep:
        """Let a paused or cancelled sweep go on."""
        return await self._one(routes.act(sweep_id, "resume"))

    async def rerun_failed(self, sweep_id: str) -> AsyncSweep:
        """Start the trials that failed anew."""
        return await self._one(routes.act(sweep_id, "rerun-failed"))

    async def wait(
        self, sweep_id: str, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> AsyncSweep:
        """Poll until it is over; with `progress`, show a bar. Raises WaitTimeout."""
        if progress and on_update is None:
            from satnet.terminal.progress import SweepBar

            with SweepBar() as bar:
                return await self.wait(sweep_id, timeout, lambda sweep: bar.document(sweep.document))
        deadline = Deadline(timeout)
        while True:
            sweep = await self.get(sweep_id)
            if on_update and (pending := on_update(sweep)):
                await pending
            if sweep["is_terminal"]:
                return sweep
            await asyncio.sleep(deadline.left(sweep_id, sweep["status"], PAUSE))

    async def _one(self, request: Request[SweepDocument]) -> AsyncSweep:
        return AsyncSweep(self, await self._transport.send(request))
