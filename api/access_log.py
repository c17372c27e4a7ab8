"""One line for each request that changes something, and for each that failed."""

import re
import time
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from satnet.service import audit

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ID = re.compile(r"(?:exp|swp|key)_[0-9A-Z]{26}")
_MOST_PATH = 200  # characters


class AccessLog:
    """ASGI middleware; the query is left out, as it may hold what is nobody's business, and so are all headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log what came of it.

        An exception that was answered with a 500 ends here: the server would close the connection, and with it fail
        the caller's next request.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, location, complete = time.perf_counter(), 0, "", False

        async def noted(message: Message) -> None:
            nonlocal status, location, complete
            if message["type"] == "http.response.start":
                status, location = message["status"], Headers(raw=message.get("headers", [])).get("location", "")
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            if not complete or status != 500:
                raise
        finally:
            if scope["method"] not in _READS or status >= 500:
                _write(scope, status, location, 1000 * (time.perf_counter() - began))


def _write(scope: Scope, status: int, location: str, milliseconds: float) -> None:
    state, path = scope.get("state", {}), quote(scope["path"])[:_MOST_PATH]
    key = getattr(state.get("caller"), "key", None) or "-"
    subject = (_ID.search(location) or _ID.search(path) or ["-"])[0]
    line = "%s %s %s %.0f ms request=%s key=%s id=%s"
    audit.log.info(line, scope["method"][:20], path, status, milliseconds, state.get("request_id"), key, subject)
