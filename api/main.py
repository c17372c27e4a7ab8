"""The ASGI application; `python -m api.server` serves it."""

import asyncio
import contextlib
import logging
import operator
from collections.abc import AsyncIterator
from functools import partial

import anyio
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from api import catalogue, compare, documentation, errors, experiments, fleet, health, home, keys, redaction, sweeps
from api.access import admit
from api.access_log import AccessLog
from api.browser_guard import BrowserGuard
from api.deps import known_query, known_type
from api.methods import Methods
from api.openapi.document import openapi
from api.request_id import RequestId
from api.security_headers import SecurityHeaders
from api.waiting import Hub
from api.waiting.places import Places
from satnet import __version__
from satnet.errors import SatnetError
from satnet.service import audit, broker
from satnet.service.housekeeping import look_after
from satnet.settings import Settings, get_settings
from satnet.store import Changes, Store

_TIMEOUT = 1.0  # seconds for each of two tries: an answer within 3 s, also when Redis is a black hole
_log = logging.getLogger(__name__)
ROUTERS = (
    *experiments.ROUTERS,
    *sweeps.ROUTERS,
    *(part.router for part in (compare, catalogue, fleet, keys, health, home)),
)


async def _reaper(store: Store, settings: Settings) -> None:
    while True:
        await asyncio.sleep(settings.reaper_tick.total_seconds())
        try:
            await run_in_threadpool(look_after, store, settings, broker.send_ticket)
        except SatnetError as error:
            _log.warning("reaper: %s", error)
        except Exception as error:  # noqa: BLE001 - kombu raises many kinds; the next tick tries again
            _log.warning("reaper: no ticket: %s", error)


class Service(FastAPI):
    """FastAPI inside satnet's middleware, which thus covers what error handlers answer, status 500 included."""

    def build_middleware_stack(self) -> ASGIApp:
        """What a request passes through before FastAPI's own, in this order."""
        return RequestId(
            AccessLog(
                SecurityHeaders(BrowserGuard(Methods(super().build_middleware_stack(), self), self.state.settings))
            )
        )


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application over one store; nothing connects before the first request."""
    settings = settings or get_settings()
    store = Store(settings, timeout=_TIMEOUT)
    hub = Hub(store, Changes(settings), Places(settings.max_waiting, settings.max_waiting_per_client))

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - FastAPI's signature
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.api_threads
        audit.show()
        reaper = asyncio.create_task(_reaper(store, settings))
        async with hub.running():
            yield
        reaper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reaper
        store.close()

    app = Service(
        title="satnet",
        version=__version__,
        lifespan=lifespan,
        dependencies=[Depends(admit), Depends(known_query), Depends(known_type)],
        generate_unique_id_function=operator.attrgetter("name"),
        docs_url=None,  # api.documentation serves it
        redoc_url=None,
        description="Says why a network does not learn: saturation per layer and epoch.",
    )
    app.openapi = partial(openapi, app)  # type: ignore[method-assign]  # FastAPI's way to extend the document
    app.state.store, app.state.settings, app.state.hub = store, settings, hub
    errors.install(app)
    redaction.install()
    for router in ROUTERS:
        app.include_router(router)
    documentation.mount(app)
    return app


app = create_app()
