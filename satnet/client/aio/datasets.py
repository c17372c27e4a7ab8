"""`/v1/datasets`."""

from collections.abc import AsyncIterator

from satnet.client.aio.transport import AsyncTransport
from satnet.client.routes import catalogue
from satnet.client.routes.bodies import Json


class AsyncDatasets:
    """`/v1/datasets`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> AsyncIterator[Json]:
        """The datasets by name, with their shapes."""
        for dataset in await self._transport.send(catalogue.datasets()):
            yield dataset
