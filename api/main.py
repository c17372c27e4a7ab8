"""The ASGI application: `uvicorn api.main:app`."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import artifacts, catalogue, errors, experiments, external, findings, fleet, sweeps
from api.deps import known_query
from satnet import __version__
from satnet.errors import SatnetError
from satnet.service import broker
from satnet.service.housekeeping import look_after
from satnet.settings import Settings, get_settings
from satnet.store import Store

_TIMEOUT = 1.0  # seconds for each of two tries: an answer within 3 s, also when Redis is a black hole
_log = logging.getLogger(__name__)


async def _reaper(store: Store, settings: Settings) -> None:
    while True:
        await asyncio.sleep(settings.reaper_tick.total_seconds())
        try:
            await run_in_threadpool(look_after, store, settings, broker.send_ticket)
        except SatnetError as error:
            _log.warning("reaper: %s", error)
        except Exception as error:  # noqa: BLE001 - kombu raises many kinds; the next tick tries again
            _log.warning("reaper: no ticket: %s", error)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application over one store; nothing connects before the first request."""
    settings = settings or get_settings()
    store = Store(settings, timeout=_TIMEOUT)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - FastAPI's signature
        reaper = asyncio.create_task(_reaper(store, settings))
        yield
        reaper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reaper
        store.close()

    app = FastAPI(
        title="satnet",
        version=__version__,
        lifespan=lifespan,
        dependencies=[Depends(known_query)],
        description="Says why a network does not learn: saturation per layer and epoch.",
    )
    app.state.store, app.state.settings = store, settings

    @app.middleware("http")
    async def request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.request_id = "req_" + secrets.token_hex(8)
        response = await call_next(request)
        response.headers["X-Request-Id"] = request.state.request_id
        return response

    errors.install(app)
    for part in (experiments, external, findings, artifacts, sweeps, catalogue, fleet):
        app.include_router(part.router)
    return app


app = create_app()
