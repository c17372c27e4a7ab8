"""HTTP with retries."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import httpx
import stamina

from satnet.client import protocol
from satnet.client.errors import APIConnectionError
from satnet.client.protocol import Page, Request

T = TypeVar("T")


class Transport:
    """Sends requests to one service, again while it is away or busy."""

    def __init__(self, url: str | None, api_key: str | None, timeout: float, http: httpx.BaseTransport | None) -> None:
        self._http = httpx.Client(
            base_url=protocol.service_url(url),
            headers=protocol.authorization(api_key),
            timeout=timeout,
            transport=http,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, protocol.QueryValue] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request; all of satnet's may be repeated. Raises APIConnectionError, APIStatusError."""
        retrying = stamina.retry_context(
            on=(httpx.TransportError, protocol.BusyAnswer),
            attempts=protocol.ATTEMPTS,
            wait_max=protocol.LONGEST_PAUSE,
        )
        query = protocol.given(params or {}) or None  # {} would drop the query that a path has
        try:
            for attempt in retrying:
                with attempt:
                    response = self._http.request(method, path, params=query, json=json, headers=headers)
                    if response.status_code in protocol.RETRIED:
                        raise protocol.BusyAnswer(response)
        except httpx.TransportError as error:
            raise APIConnectionError(f"{self._http.base_url} cannot be reached: {error}") from error
        except protocol.BusyAnswer as busy:
            response = busy.response
        return protocol.raise_for_problem(response)

    def send(self, request: Request[T]) -> T:
        """What the response to `request` holds."""
        return request.read(
            self.request(request.method, request.path, params=request.query, json=request.body, headers=request.headers)
        )

    def pages(self, request: Request[Page[T]]) -> Iterator[T]:
        """The items of all pages, each page asked for when it is needed."""
        while True:
            page = self.send(request)
            yield from page["data"]
            if not page["has_more"]:
                return
            request = request.after(page["next"])

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()
