"""Long polls: an answer that is held until something changes, while its client is there."""

import time
from collections.abc import Callable

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from api.waiting.hub import Hub
from api.waiting.places import client_of
from api.waiting.watched import Watched
from satnet.store import Change


async def hold(request: Request, hub: Hub, watched: Watched, seconds: float, is_due: Callable[[Change], bool]) -> bool:
    """Wait until a change is due to be answered, the process stops, or so many seconds have passed.

    Returns:
        False where too many wait already, so that this one did not.

    Raises:
        ClientDisconnect: nobody is there to be answered.
    """
    client = client_of(request)
    if not hub.places.is_free(client):
        return False
    connected = True

    async def leave_with_client(scope: anyio.CancelScope) -> None:
        nonlocal connected
        while (await request.receive())["type"] != "http.disconnect":
            pass  # the rest of a body that nobody has asked for
        connected = False
        scope.cancel()

    with hub.places.taken(client):
        async with anyio.create_task_group() as group:
            group.start_soon(leave_with_client, group.cancel_scope)
            await _due(hub, watched, seconds, is_due)
            group.cancel_scope.cancel()
    if not connected:
        raise ClientDisconnect
    return True


async def _due(hub: Hub, watched: Watched, seconds: float, is_due: Callable[[Change], bool]) -> None:
    end = time.monotonic() + seconds
    while not hub.closing and (left := end - time.monotonic()) > 0:
        if watched.change is not None and is_due(watched.change):
            return
        await watched.woken(watched.wakes, left)
