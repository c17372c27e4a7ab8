"""HEAD and OPTIONS for every path, and which methods a path has."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ENDLESS = (b"accept", b"prefer")  # which ask for a stream, or to wait: nothing that a HEAD could tell of


class Methods:
    """ASGI middleware: HEAD is what GET answers without its body, OPTIONS names the methods of a path."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        method = scope.get("method")
        if method == "OPTIONS" and (allowed := allowed_methods(self._service, scope)):
            await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
        elif method == "HEAD":
            headers = [pair for pair in scope["headers"] if pair[0] not in _ENDLESS]
            await self._app({**scope, "method": "GET", "headers": headers}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)


def allowed_methods(service: FastAPI, scope: Scope) -> str:
    """The methods of the scope's path, as the Allow header has them; empty where there is no such path."""
    found = [method for method in _METHODS if _has(service, {**scope, "method": method})]
    return ", ".join([*found, *(("HEAD",) if "GET" in found else ()), "OPTIONS"]) if found else ""


def _has(service: FastAPI, scope: Scope) -> bool:
    return any(
        route.matches(scope)[0] == Match.FULL and (scope["method"] == "GET" or not isinstance(route, Mount))
        for route in service.routes
    )


def _without_body(send: Send) -> Send:
    async def headers_alone(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_alone
