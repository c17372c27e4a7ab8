"""What both clients share: one request as data, where it goes, when it is sent again, how long to wait."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypedDict, TypeVar

import httpx

from satnet.client.errors import APIStatusError, WaitTimeout
from satnet.settings import get_settings

RETRIED = (429, 502, 503, 504)
ATTEMPTS, LONGEST_PAUSE = 4, 5.0  # tries of a request, and seconds between two of them at most
HELD = 20  # seconds a long poll is held
PAUSE = 0.5  # seconds between two readings of a sweep that is waited for

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
QueryValue = str | int | float | bool | Sequence[str] | None


@dataclass(frozen=True)
class Request(Generic[T_co]):
    """One request; `read` turns its response into a T_co."""

    method: str
    path: str
    read: Callable[[httpx.Response], T_co] = httpx.Response.json
    query: Mapping[str, QueryValue] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def after(self, cursor: str | None) -> "Request[T_co]":
        """The request of the page behind `cursor`."""
        return replace(self, query={**self.query, "after": cursor})


class Page(TypedDict, Generic[T]):
    """A part of a list, and the cursor of the next part."""

    data: list[T]
    has_more: bool
    next: str | None


class BusyAnswer(Exception):
    """An answer that is worth another try."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response


class Deadline:
    """How long a `wait` goes on."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._until = None if timeout is None else time.monotonic() + timeout

    def left(self, name: str, status: str, most: float) -> float:
        """Seconds left, at most `most`. Raises WaitTimeout where none are."""
        left = most if self._until is None else self._until - time.monotonic()
        if left <= 0:
            raise WaitTimeout(f"{name} is {status} after {self._timeout} s")
        return min(left, most)


def service_url(url: str | None) -> str:
    """`url`, or that of the settings."""
    return url or get_settings().url


def authorization(api_key: str | None) -> dict[str, str]:
    """The headers that show the key, if there is one."""
    key = api_key or get_settings().api_key.get_secret_value()
    return {"Authorization": f"Bearer {key}"} if key else {}


def keyed(idempotency_key: str | None = None) -> dict[str, str]:
    """One key, made before the first try and kept across all of them."""
    return {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}


def given(query: Mapping[str, QueryValue]) -> dict[str, QueryValue]:
    """Without what was left open."""
    return {key: value for key, value in query.items() if value is not None}


def raise_for_problem(response: httpx.Response) -> httpx.Response:
    """The response, or APIStatusError with the service's problem document."""
    if response.status_code >= 400:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        raise APIStatusError(response.status_code, problem)
    return response
