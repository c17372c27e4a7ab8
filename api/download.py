"""Files that are sent from the disk a chunk at a time, whole or from a place on."""

import re

from fastapi import Request
from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Download(FileResponse):
    """A file, or the one part that `Range` asks for; a `Range` of another form is ignored, as HTTP allows."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _start(Headers(scope=scope).get("range"), 0) is None:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"range"]}
        await super().__call__(scope, receive, send)


def require_satisfiable(request: Request, size: int, etag: str) -> None:
    """Raises HTTPException 416 where `Range` begins at or after the end of a file of `size` bytes."""
    start = _start(request.headers.get("range"), size)
    if start is not None and start >= size and request.headers.get("if-range", etag) == etag:
        headers = {"Content-Range": f"bytes */{size}"}
        raise HTTPException(416, f"Range: the file has {size} bytes", headers=headers)


def _start(text: str | None, size: int) -> int | None:
    """The first byte of the one range in `text`; None where there is none."""
    match = _ONE_RANGE.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return max(size - int(suffix), 0)
    return int(first) if not last or int(first) <= int(last) else None
