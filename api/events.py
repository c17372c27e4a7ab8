"""Server-Sent Events of one experiment, resumable through Last-Event-ID."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from satnet.errors import NotFound, StoreUnavailable
from satnet.store import Store

_POLL, _PING = 0.2, 15.0


def stream(store: Store, experiment_id: str, after: str) -> StreamingResponse:
    """All events after `after`, then new ones as they come; `event: end` when the experiment is over.

    Where some of them are no longer kept, `event: gap` comes first, with the experiment as it is, and what follows goes
    on from there.
    """
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_frames(store, experiment_id, after), media_type="text/event-stream", headers=headers)


async def _frames(store: Store, experiment_id: str, after: str) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    spoke = time.monotonic()
    if await run_in_threadpool(store.trimmed, experiment_id, after):
        after = await run_in_threadpool(
            store.latest_event, experiment_id
        )  # before the snapshot: what it shows may come twice
        snapshot = json.dumps(await run_in_threadpool(store.get, experiment_id))
        yield f"id: {after}\nevent: gap\ndata: {snapshot}\n\n"
    while True:
        try:
            over = (await run_in_threadpool(store.get, experiment_id))[
                "is_terminal"
            ]  # before the events: none is missed
            events = await run_in_threadpool(store.events, experiment_id, after)
        except NotFound:
            over, events = True, []
        except StoreUnavailable:  # the reader waits with us
            await asyncio.sleep(1)
            continue
        for event in events:
            after = event["id"]
            data = json.dumps({"at": event["at"], **event["data"]})
            yield f"id: {after}\nevent: {event['type']}\ndata: {data}\n\n"
            spoke = time.monotonic()
        if over and not events:
            yield "event: end\ndata: {}\n\n"
            return
        if time.monotonic() - spoke > _PING:
            yield ": ping\n\n"
            spoke = time.monotonic()
        await asyncio.sleep(_POLL)
