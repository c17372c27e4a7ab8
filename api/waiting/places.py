"""How many long polls and event streams may be open, in all and of one client."""

import contextlib
from collections import Counter
from collections.abc import Iterator

from fastapi import Request

from satnet.errors import Busy, TooManyOpen


class Places:
    """Counts what is open."""

    def __init__(self, most: int, most_of_a_client: int) -> None:
        self._most, self._most_of_a_client = most, most_of_a_client
        self._open: Counter[str] = Counter()
        self._count = 0

    def is_free(self, client: str) -> bool:
        """Whether this client may open one more."""
        return self._count < self._most and self._open[client] < self._most_of_a_client

    def require(self, client: str) -> None:
        """Raise TooManyOpen or Busy where this client may not open one more."""
        if self._open[client] >= self._most_of_a_client:
            raise TooManyOpen(
                f"you have {self._most_of_a_client} event streams and waits open, which is the most allowed"
            )
        if self._count >= self._most:
            raise Busy(f"{self._most} event streams and waits are open, which is the most allowed")

    @contextlib.contextmanager
    def taken(self, client: str) -> Iterator[None]:
        """One more is open while this lasts."""
        self._count += 1
        self._open[client] += 1
        try:
            yield
        finally:
            self._count -= 1
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


def client_of(request: Request) -> str:
    """Who asks: the key, or the address where none is needed."""
    key: str | None = getattr(getattr(request.state, "caller", None), "key", None)
    return key or (request.client.host if request.client else "")
