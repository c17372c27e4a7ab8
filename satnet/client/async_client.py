"""The client for asyncio: the same names, awaited."""

import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

import httpx
import stamina

from satnet.client import protocol
from satnet.client.errors import APIConnectionError, WaitTimeout
from satnet.client.results import Epochs
from satnet.client.sweeps import AsyncSweeps

Update = Callable[["AsyncExperiment"], None]


class AsyncExperiment:
    """One experiment as last read."""

    def __init__(self, client: "AsyncClient", document: dict[str, Any], etag: str | None = None) -> None:
        self._client, self.document, self.etag = client, document, etag

    def __getattr__(self, name: str) -> Any:
        try:
            return self.document[name]
        except KeyError:
            raise AttributeError(f"an experiment has no {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    async def epochs(self) -> Epochs:
        """All measured epochs."""
        return await self._client.experiments.epochs(self.document["id"])

    async def cancel(self) -> "AsyncExperiment":
        """Ask for its end."""
        return await self._client.experiments.cancel(self.document["id"])

    async def wait(self, timeout: float | None = None, on_update: Update | None = None) -> "AsyncExperiment":
        """Return it when it is over, however it ended. Raises WaitTimeout."""
        return await self._client.experiments.wait(self.document["id"], timeout, on_update)


class AsyncExperiments:
    """`/v1/experiments`."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    async def create(self, spec: object, idempotency_key: str | None = None) -> AsyncExperiment:
        """Submit a spec; one idempotency key is kept across all retries."""
        headers, body = protocol.keyed(idempotency_key), protocol.body_of(spec)
        return self._read(await self._client.request("POST", "/v1/experiments", json=body, headers=headers))

    async def get(self, experiment_id: str) -> AsyncExperiment:
        """One experiment."""
        return self._read(await self._client.request("GET", f"/v1/experiments/{experiment_id}"))

    async def list(self, **query: Any) -> AsyncIterator[AsyncExperiment]:
        """All that match, page by page as they are needed."""
        while True:
            page = (await self._client.request("GET", "/v1/experiments", params=query)).json()
            for document in page["data"]:
                yield AsyncExperiment(self._client, document)
            if not page["has_more"]:
                return
            query["after"] = page["next"]

    async def cancel(self, experiment_id: str) -> AsyncExperiment:
        """Ask for its end."""
        return self._read(await self._client.request("POST", f"/v1/experiments/{experiment_id}/cancel"))

    async def pause(self, experiment_id: str) -> AsyncExperiment:
        """At once where it is queued, at the end of its epoch where it runs."""
        return self._read(await self._client.request("POST", f"/v1/experiments/{experiment_id}/pause"))

    async def resume(self, experiment_id: str) -> AsyncExperiment:
        """Queue a paused, failed or cancelled one again; it goes on from its checkpoint."""
        return self._read(await self._client.request("POST", f"/v1/experiments/{experiment_id}/resume"))

    async def retry(self, experiment_id: str) -> AsyncExperiment:
        """Queue a failed or cancelled one again; it starts anew."""
        return self._read(await self._client.request("POST", f"/v1/experiments/{experiment_id}/retry"))

    async def epochs(self, experiment_id: str) -> Epochs:
        """All measured epochs."""
        answer = await self._client.request("GET", f"/v1/experiments/{experiment_id}/epochs")
        return Epochs(answer.json()["data"])

    async def wait(
        self, experiment_id: str, timeout: float | None = None, on_update: Update | None = None
    ) -> AsyncExperiment:
        """Long-poll until it is over. Raises WaitTimeout."""
        until = None if timeout is None else time.monotonic() + timeout
        experiment = await self.get(experiment_id)
        while True:
            if on_update:
                on_update(experiment)
            if experiment["is_terminal"]:
                return experiment
            left = protocol.HELD if until is None else until - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"{experiment_id} is {experiment['status']} after {timeout} s")
            headers = protocol.poll_headers(left, experiment.etag)
            response = await self._client.request("GET", f"/v1/experiments/{experiment_id}", headers=headers)
            if response.status_code != 304:
                experiment = self._read(response)

    def _read(self, response: httpx.Response) -> AsyncExperiment:
        return AsyncExperiment(self._client, response.json(), response.headers.get("ETag"))


class AsyncClient:
    """A satnet service; `SATNET_URL` and `SATNET_API_KEY` unless given."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(**protocol.options(url, api_key, timeout), transport=transport)
        self.experiments = AsyncExperiments(self)
        self.sweeps = AsyncSweeps(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, repeated while the service is away or busy."""
        retrying = stamina.retry_context(
            on=(httpx.TransportError, protocol.Again),
            attempts=protocol.ATTEMPTS,
            wait_max=protocol.LONGEST_PAUSE,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    response = await self._http.request(method, path, **more)
                    if response.status_code in protocol.RETRIED:
                        raise protocol.Again(response)
        except httpx.TransportError as error:
            raise APIConnectionError(f"{self._http.base_url} cannot be reached: {error}") from error
        except protocol.Again as again:
            response = again.response
        return protocol.raise_for_problem(response)
