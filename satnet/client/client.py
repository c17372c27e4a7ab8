"""The client of a satnet service."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx

from satnet.client.datasets import Datasets
from satnet.client.experiments import Experiments
from satnet.client.keys import Keys
from satnet.client.protocol import QueryValue
from satnet.client.routes import catalogue
from satnet.client.routes.bodies import Json
from satnet.client.sweeps import Sweeps
from satnet.client.transport import Transport
from satnet.records.schema import QueueAnswer, WorkerRow


class Client:
    """A satnet service; `SATNET_URL` and `SATNET_API_KEY` unless given."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._transport = Transport(url, api_key, timeout, transport)
        self.experiments = Experiments(self._transport)
        self.sweeps = Sweeps(self._transport)
        self.datasets = Datasets(self._transport)
        self.keys = Keys(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, QueryValue] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any request, repeated while the service is away or busy. Raises APIConnectionError, APIStatusError."""
        return self._transport.request(method, path, params=params, json=json, headers=headers)

    def presets(self) -> Sequence[Json]:
        """Ready specs with a line each."""
        return self._transport.send(catalogue.presets())

    def preset(self, name: str) -> Json:
        """A preset's spec, ready to be submitted."""
        return self._transport.send(catalogue.preset(name))

    def schema(self, kind: str) -> Json:
        """The JSON Schema of a spec; `kind` is experiment or sweep."""
        return self._transport.send(catalogue.schema(kind))

    def queue(self) -> QueueAnswer:
        """How many experiments wait in each queue, and how many are in each status."""
        return self._transport.send(catalogue.queue())

    def workers(self) -> Sequence[WorkerRow]:
        """The workers seen within two minutes."""
        return self._transport.send(catalogue.workers())
