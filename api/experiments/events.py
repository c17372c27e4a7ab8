"""Events of one experiment: a JSON page, or Server-Sent Events that Last-Event-ID resumes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from api.deps import StoreDep
from api.openapi.answers import either, file, json_answer, problems
from api.parameters import ExperimentId, LastEventId
from satnet.errors import NotFound, StoreUnavailable
from satnet.records.ids import EVENT_ID
from satnet.records.schema import Event, EventPage
from satnet.store import Store

router = APIRouter(prefix="/v1/experiments", tags=["events"])
_POLL, _PING = 0.2, 15.0  # seconds
_RETRY_MS = 3000  # after which a reader that lost the stream connects again
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@router.get(
    "/{experiment_id}/events",
    responses={
        200: either(
            json_answer("A page, or a stream.", EventPage, "Cache-Control"),
            file("", "text/event-stream"),
        ),
        **problems(404),
    },
)
async def list_events(
    experiment_id: ExperimentId,
    request: Request,
    store: StoreDep,
    after: Annotated[str, Query(pattern=EVENT_ID, description="Only events after this id.")] = "0-0",
    limit: Annotated[int, Query(ge=1, le=1000, description="The most events on a JSON page, 1 to 1000.")] = 1000,
    last_event_id: LastEventId = None,
) -> Response:
    """Read events: status changes and measured epochs, oldest first.

    With `Accept: text/event-stream` they are Server-Sent Events, followed by new ones as they happen; `event: end`
    closes the stream when the experiment is over. Where events after `Last-Event-ID` are no longer kept, `event: gap`
    comes first with the experiment as it is now.
    """
    start = last_event_id or after
    page = await run_in_threadpool(store.events, experiment_id, start, limit)
    if "text/event-stream" in request.headers.get("accept", ""):
        return EventSourceResponse(_frames(store, experiment_id, start), headers=_HEADERS)
    return JSONResponse({"data": page, "has_more": len(page) == limit})


async def _frames(store: Store, experiment_id: str, after: str) -> AsyncIterator[bytes]:
    """All events after an id, then new ones as they come; `event: end` when the experiment is over."""
    yield format_sse_event(retry=_RETRY_MS)
    if await run_in_threadpool(store.trimmed, experiment_id, after):
        # The id before the snapshot: what the snapshot shows may come twice, but nothing is missed.
        after = await run_in_threadpool(store.latest_event, experiment_id)
        snapshot = await run_in_threadpool(store.get, experiment_id)
        yield format_sse_event(id=after, event="gap", data_str=json.dumps(snapshot))
    sent = time.monotonic()
    async for events in _batches(store, experiment_id, after):
        for event in events:
            data = json.dumps({"at": event["at"], **event["data"]})
            yield format_sse_event(id=event["id"], event=event["type"], data_str=data)
        if events:
            sent = time.monotonic()
        elif time.monotonic() - sent > _PING:
            yield KEEPALIVE_COMMENT
            sent = time.monotonic()
    yield format_sse_event(event="end", data_str="{}")


async def _batches(store: Store, experiment_id: str, after: str) -> AsyncIterator[list[Event]]:
    """Events as they come, none at a quiet moment; ends when the experiment is over and all were given."""
    while True:
        try:
            # The status before the events, so that none is missed.
            over = (await run_in_threadpool(store.get, experiment_id))["is_terminal"]
            events = await run_in_threadpool(store.events, experiment_id, after)
        except NotFound:
            return
        except StoreUnavailable:  # the reader waits with us
            await asyncio.sleep(1)
            over, events = False, []
        if over and not events:
            return
        if events:
            after = events[-1]["id"]
        yield events
        await asyncio.sleep(_POLL)
