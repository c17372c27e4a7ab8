"""How many files, and thus connections, this process may open."""

import asyncio
import resource
import time
from typing import Any

_SAID_S = 60.0
_OWN = 64  # descriptors for logs, the event loop, imports, files that are sent


def raise_limit() -> int:
    """Raise the limit of open files to what the system allows; the limit then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def most_connections(wanted: int, limit: int, threads: int, together: int) -> int:
    """How many connections leave enough descriptors for the rest.

    Args:
        wanted: the setting.
        limit: of open files.
        threads: each may have a connection to the store.
        together: connections that are taken in one go; two goes may pass until one is counted.
    """
    return max(1, min(wanted, limit - _OWN - threads - 3 * together))


class AcceptErrors:
    """Exception handler of an event loop: what asyncio says for each connection without a descriptor, once a minute."""

    def __init__(self) -> None:
        self._said = -_SAID_S

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Let asyncio's own handler log it, unless it has just done so."""
        if "out of system resource" in context.get("message", ""):
            if time.monotonic() - self._said < _SAID_S:
                return
            self._said = time.monotonic()
        loop.default_exception_handler(context)
