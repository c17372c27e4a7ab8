"""HTTP with retries, and experiments as objects."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import stamina

from satnet.client.errors import APIConnectionError, APIStatusError, WaitTimeout
from satnet.settings import get_settings

_RETRIED = (429, 502, 503, 504)
Records = list[dict[str, Any]]
_HELD = 20  # seconds a long poll is held


class _Again(Exception):
    def __init__(self, response: httpx.Response) -> None:
        self.response = response


class Experiment:
    """One experiment as last read; `experiment["status"]` and `experiment.status` are the same."""

    def __init__(self, client: "Client", document: dict[str, Any], etag: str | None = None) -> None:
        self._client, self.document, self.etag = client, document, etag

    def __getattr__(self, name: str) -> Any:
        try:
            return self.document[name]
        except KeyError:
            raise AttributeError(f"an experiment has no {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    @property
    def epochs(self) -> list[dict[str, Any]]:
        """All measured epochs."""
        return self._client.experiments.epochs(self.document["id"])

    def cancel(self) -> "Experiment":
        """Ask for its end."""
        return self._client.experiments.cancel(self.document["id"])

    def wait(
        self, timeout: float | None = None, on_update: Callable[["Experiment"], None] | None = None
    ) -> "Experiment":
        """Return it when it is over, however it ended. Raises WaitTimeout."""
        return self._client.experiments.wait(self.document["id"], timeout, on_update)


class Experiments:
    """`/v1/experiments`."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, spec: Mapping[str, Any] | str | Path, idempotency_key: str | None = None) -> Experiment:
        """Submit a spec (or a JSON file's); one idempotency key is kept across all retries."""
        body = json.loads(Path(spec).read_text()) if isinstance(spec, str | Path) else dict(spec)
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return self._read(self._client.request("POST", "/v1/experiments", json=body, headers=headers))

    def get(self, identity: str) -> Experiment:
        """One experiment."""
        return self._read(self._client.request("GET", f"/v1/experiments/{identity}"))

    def list(self, **query: Any) -> Iterator[Experiment]:
        """All that match, page by page as they are needed."""
        while True:
            page = self._client.request("GET", "/v1/experiments", params=query).json()
            yield from (Experiment(self._client, document) for document in page["data"])
            if not page["has_more"]:
                return
            query["after"] = page["next"]

    def cancel(self, identity: str) -> Experiment:
        """Ask for its end."""
        return self._read(self._client.request("POST", f"/v1/experiments/{identity}/cancel"))

    def epochs(self, identity: str) -> Records:
        """All measured epochs."""
        data: list[dict[str, Any]] = self._client.request("GET", f"/v1/experiments/{identity}/epochs").json()[
            "data"
        ]
        return data

    def wait(
        self,
        identity: str,
        timeout: float | None = None,
        on_update: Callable[[Experiment], None] | None = None,
    ) -> Experiment:
        """Long-poll until it is over. Raises WaitTimeout."""
        until = None if timeout is None else time.monotonic() + timeout
        experiment = self.get(identity)
        while True:
            if on_update:
                on_update(experiment)
            if experiment["is_terminal"]:
                return experiment
            left = _HELD if until is None else until - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"{identity} is {experiment['status']} after {timeout} s")
            headers = {
                "Prefer": f"wait={min(_HELD, max(1, int(left)))}",
                "If-None-Match": experiment.etag or "",
            }
            response = self._client.request("GET", f"/v1/experiments/{identity}", headers=headers)
            if response.status_code != 304:
                experiment = self._read(response)

    def _read(self, response: httpx.Response) -> Experiment:
        return Experiment(self._client, response.json(), response.headers.get("ETag"))


class Client:
    """A satnet service; `SATNET_URL` and `SATNET_API_KEY` unless given."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = get_settings()
        key = api_key or settings.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=url or settings.url, headers=headers, timeout=timeout, transport=transport
        )
        self.experiments = Experiments(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, repeated while the service is away or busy; all of satnet's requests may be."""
        try:
            for attempt in stamina.retry_context(on=(httpx.TransportError, _Again), attempts=4, wait_max=5.0):
                with attempt:
                    response = self._http.request(method, path, **more)
                    if response.status_code in _RETRIED:
                        raise _Again(response)
        except httpx.TransportError as error:
            raise APIConnectionError(f"{self._http.base_url} cannot be reached: {error}") from error
        except _Again as again:
            response = again.response
        if response.status_code >= 400:
            problem = response.json() if "json" in response.headers.get("content-type", "") else {}
            raise APIStatusError(response.status_code, problem)
        return response
