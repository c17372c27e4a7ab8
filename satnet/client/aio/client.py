"""The client of a satnet service, for asyncio."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx

from satnet.client.aio.datasets import AsyncDatasets
from satnet.client.aio.experiments import AsyncExperiments
from satnet.client.aio.keys import AsyncKeys
from satnet.client.aio.sweeps import AsyncSweeps
from satnet.client.aio.transport import AsyncTransport
from satnet.client.protocol import QueryValue
from satnet.client.routes import catalogue
from satnet.client.routes.bodies import Json
from satnet.records.schema import QueueAnswer, WorkerRow


class AsyncClient:
    """A satnet service; `SATNET_URL` and `SATNET_API_KEY` unless given."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._transport = AsyncTransport(url, api_key, timeout, transport)
        self.experiments = AsyncExperiments(self._transport)
        self.sweeps = AsyncSweeps(self._transport)
        self.datasets = AsyncDatasets(self._transport)
        self.keys = AsyncKeys(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, QueryValue] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any request, repeated while the service is away or busy. Raises APIConnectionError, APIStatusError."""
        return await self._transport.request(method, path, params=params, json=json, headers=headers)

    async def presets(self) -> Sequence[Json]:
        """Ready specs with a line each."""
        return await self._transport.send(catalogue.presets())

    async def preset(self, name: str) -> Json:
        """A preset's spec, ready to be submitted."""
        return await self._transport.send(catalogue.preset(name))

    async def schema(self, kind: str) -> Json:
        """The JSON Schema of a spec; `kind` is experiment or sweep."""
        return await self._transport.send(catalogue.schema(kind))

    async def queue(self) -> QueueAnswer:
        """How many experiments wait in each queue, and how many are in each status."""
        return await self._transport.send(catalogue.queue())

    async def workers(self) -> Sequence[WorkerRow]:
        """The workers seen within two minutes."""
        return await self._transport.send(catalogue.workers())
