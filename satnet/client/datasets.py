"""`/v1/datasets`."""

from collections.abc import Iterator

from satnet.client.routes import catalogue
from satnet.client.routes.bodies import Json
from satnet.client.transport import Transport


class Datasets:
    """`/v1/datasets`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Json]:
        """The datasets by name, with their shapes."""
        yield from self._transport.send(catalogue.datasets())
