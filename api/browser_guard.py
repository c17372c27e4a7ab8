"""What a browser may be made to send: requests for other names, and changes that other sites ask for, are refused."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem
from api.service_names import ServiceNames
from satnet.settings import Settings

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})  # none: typed, or a bookmark
_HOST_HINT = "set SATNET_ALLOWED_HOSTS to the names under which it may be reached"


class BrowserGuard:
    """ASGI middleware: Host on every request, Origin and Sec-Fetch-Site on every write."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._names = app, ServiceNames(settings.host, settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] != "http" or (refusal := self._refusal(scope)) is None:
            await self._app(scope, receive, send)
            return
        code, title, detail = refusal
        await problem(Request(scope), 403, code, title, detail)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[str, str, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        local = (scope.get("server") or ("",))[0]
        if len(hosts) != 1 or not self._names.has_host(hosts[0], local):
            got = ", ".join(hosts)[:200] or "none"
            return "unknown_host", "Not a name of this service", f"Host: {got} is no name of this service; {_HOST_HINT}"
        if scope["method"] in _READS:
            return None
        return self._cross_site(headers, hosts[0], scope["scheme"])

    def _cross_site(self, headers: Headers, host: str, scheme: str) -> tuple[str, str, str] | None:
        code, title = "cross_site_request", "Another site may not change anything here"
        for site in headers.getlist("sec-fetch-site"):
            if site not in _OWN_SITE:
                return code, title, f"Sec-Fetch-Site: {site[:200]}; allowed: same-origin, none, or no such header"
        for origin in headers.getlist("origin"):
            if not self._names.has_origin(origin, host, scheme):
                return code, title, f"Origin: {origin[:200]} is not this service's own, {scheme}://{host}"
        return None
