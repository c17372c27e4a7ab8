"""`/v1/sweeps`, for both clients."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from satnet.client import protocol
from satnet.client.errors import WaitTimeout

if TYPE_CHECKING:
    from satnet.client.async_client import AsyncClient
    from satnet.client.client import Client

_PAUSE = 0.5  # seconds between two readings of a sweep that is waited for
_ROUTE = "/v1/sweeps"
Document = dict[str, Any]
Rows = list[Document]


class Sweep(Document):
    """One sweep as last read: its document, and what can be asked of it."""

    def __init__(self, client: "Client", document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self._client = client

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a sweep has no {name!r}") from None

    def wait(self, timeout: float | None = None, on_update: Callable[["Sweep"], None] | None = None) -> "Sweep":
        """Return it when it is over. Raises WaitTimeout."""
        return self._client.sweeps.wait(self["id"], timeout, on_update)

    def trials(self, **query: Any) -> Rows:
        """One row a trial; `status`, `sort` (value, -value, seconds, trial)."""
        return self._client.sweeps.trials(self["id"], **query)

    def ranking(self) -> Document:
        """The best point with its interval, and whether it is better than the others by more than the noise."""
        return self._client.sweeps.best(self["id"])


class Sweeps:
    """Create, read, rank, stop and go on."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, spec: object, idempotency_key: str | None = None) -> Sweep:
        """Submit a sweep (a mapping or a JSON file); one key is kept across all retries."""
        headers, body = protocol.keyed(idempotency_key), protocol.body_of(spec)
        return Sweep(self._client, self._client.request("POST", _ROUTE, json=body, headers=headers).json())

    def dry_run(self, spec: object) -> Document:
        """How many trials it would be, which points are no valid specs, and an estimate; nothing is stored."""
        told: Document = self._client.request("POST", f"{_ROUTE}?dry_run=true", json=protocol.body_of(spec)).json()
        return told

    def get(self, sweep_id: str) -> Sweep:
        """One sweep with its progress and the best so far."""
        return Sweep(self._client, self._get(sweep_id))

    def list(self, **query: Any) -> Iterator[Sweep]:
        """All that match (`status`), newest first, page by page as they are needed."""
        while True:
            page = self._client.request("GET", _ROUTE, params=query).json()
            yield from (Sweep(self._client, document) for document in page["data"])
            if not page["has_more"]:
                return
            query["after"] = page["next"]

    def trials(self, sweep_id: str, **query: Any) -> Rows:
        """One row a trial."""
        rows: Rows = self._get(f"{sweep_id}/trials", **query)["data"]
        return rows

    def best(self, sweep_id: str) -> Document:
        """The best point and the verdict."""
        return self._get(f"{sweep_id}/best")

    def importance(self, sweep_id: str, method: str = "fanova") -> Document:
        """How much of the objective's variance each parameter explains."""
        return self._get(f"{sweep_id}/importance", method=method)

    def cancel(self, sweep_id: str) -> Sweep:
        """Cancel all trials that are not over."""
        return self._post(sweep_id, "cancel")

    def pause(self, sweep_id: str) -> Sweep:
        """Its trials wait, with their checkpoints."""
        return self._post(sweep_id, "pause")

    def resume(self, sweep_id: str) -> Sweep:
        """A paused or cancelled one goes on."""
        return self._post(sweep_id, "resume")

    def rerun_failed(self, sweep_id: str) -> Sweep:
        """Start the trials that failed anew."""
        return self._post(sweep_id, "rerun-failed")

    def wait(
        self, sweep_id: str, timeout: float | None = None, on_update: Callable[[Sweep], None] | None = None
    ) -> Sweep:
        """Poll until it is over. Raises WaitTimeout."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            sweep = self.get(sweep_id)
            if on_update:
                on_update(sweep)
            if sweep["is_terminal"]:
                return sweep
            time.sleep(_pause(sweep, until, timeout))

    def _get(self, path: str, **query: Any) -> Document:
        told: Document = self._client.request("GET", f"{_ROUTE}/{path}", params=query).json()
        return told

    def _post(self, sweep_id: str, verb: str) -> Sweep:
        return Sweep(self._client, self._client.request("POST", f"{_ROUTE}/{sweep_id}/{verb}").json())


def _pause(sweep: Mapping[str, Any], until: float | None, timeout: float | None) -> float:
    left = _PAUSE if until is None else until - time.monotonic()
    if left <= 0:
        raise WaitTimeout(f"{sweep['id']} is {sweep['status']} after {timeout} s")
    return min(_PAUSE, left)


class AsyncSweeps:
    """The same names, awaited; sweeps are plain documents."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    async def create(self, spec: object, idempotency_key: str | None = None) -> Document:
        """Submit a sweep; one key is kept across all retries."""
        headers, body = protocol.keyed(idempotency_key), protocol.body_of(spec)
        return await self._told("POST", _ROUTE, json=body, headers=headers)

    async def dry_run(self, spec: object) -> Document:
        """How many trials it would be, which points are no valid specs, and an estimate; nothing is stored."""
        return await self._told("POST", f"{_ROUTE}?dry_run=true", json=protocol.body_of(spec))

    async def get(self, sweep_id: str) -> Document:
        """One sweep with its progress and the best so far."""
        return await self._told("GET", f"{_ROUTE}/{sweep_id}")

    async def list(self, **query: Any) -> AsyncIterator[Document]:
        """All that match, newest first."""
        while True:
            page = await self._told("GET", _ROUTE, params=query)
            for document in page["data"]:
                yield document
            if not page["has_more"]:
                return
            query["after"] = page["next"]

    async def trials(self, sweep_id: str, **query: Any) -> Rows:
        """One row a trial."""
        rows: Rows = (await self._told("GET", f"{_ROUTE}/{sweep_id}/trials", params=query))["data"]
        return rows

    async def best(self, sweep_id: str) -> Document:
        """The best point and the verdict."""
        return await self._told("GET", f"{_ROUTE}/{sweep_id}/best")

    async def importance(self, sweep_id: str, method: str = "fanova") -> Document:
        """How much of the objective's variance each parameter explains."""
        return await self._told("GET", f"{_ROUTE}/{sweep_id}/importance", params={"method": method})

    async def cancel(self, sweep_id: str) -> Document:
        """Cancel all trials that are not over."""
        return await self._told("POST", f"{_ROUTE}/{sweep_id}/cancel")

    async def pause(self, sweep_id: str) -> Document:
        """Its trials wait, with their checkpoints."""
        return await self._told("POST", f"{_ROUTE}/{sweep_id}/pause")

    async def resume(self, sweep_id: str) -> Document:
        """A paused or cancelled one goes on."""
        return await self._told("POST", f"{_ROUTE}/{sweep_id}/resume")

    async def rerun_failed(self, sweep_id: str) -> Document:
        """Start the trials that failed anew."""
        return await self._told("POST", f"{_ROUTE}/{sweep_id}/rerun-failed")

    async def wait(self, sweep_id: str, timeout: float | None = None) -> Document:
        """Poll until it is over. Raises WaitTimeout."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            sweep = await self.get(sweep_id)
            if sweep["is_terminal"]:
                return sweep
            await asyncio.sleep(_pause(sweep, until, timeout))

    async def _told(self, method: str, path: str, **more: Any) -> Document:
        told: Document = (await self._client.request(method, path, **more)).json()
        return told
