"""Events of one experiment: a JSON page, or Server-Sent Events that Last-Event-ID resumes."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import anyio
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from api.deps import StoreDep
from api.openapi.answers import either, file, json_answer, problems
from api.parameters import ExperimentId, LastEventId
from api.waiting import Hub, HubDep
from api.waiting.places import client_of
from api.waiting.watched import Watched
from satnet.errors import NotFound, StoreUnavailable
from satnet.records.ids import EVENT_ID
from satnet.records.schema import EventPage
from satnet.store import Store

router = APIRouter(prefix="/v1/experiments", tags=["events"])
_PING = 25.0  # seconds of quiet after which a comment keeps proxies from closing the stream
_BATCH = 200  # events that are read together
_AWAY = 1.0  # seconds between two looks at a store that is away
_RETRY_MS = 3000  # after which a reader that lost the stream connects again
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@router.get(
    "/{experiment_id}/events",
    responses={
        200: either(
            json_answer("A page, or a stream.", EventPage, "Cache-Control"),
            file("", "text/event-stream"),
        ),
        **problems(404, 429),
    },
)
async def list_events(
    experiment_id: ExperimentId,
    request: Request,
    store: StoreDep,
    hub: HubDep,
    after: Annotated[str, Query(pattern=EVENT_ID, description="Only events after this id.")] = "0-0",
    limit: Annotated[int, Query(ge=1, le=1000, description="The most events on a JSON page, 1 to 1000.")] = 1000,
    last_event_id: LastEventId = None,
) -> Response:
    """Read events: status changes and measured epochs, oldest first.

    With `Accept: text/event-stream` they are Server-Sent Events, followed by new ones as they happen; `event: end`
    closes the stream when the experiment is over, `event: shutdown` when the service stops. Where events after
    `Last-Event-ID` are no longer kept, `event: gap` comes first with the experiment as it is now.
    """
    start = last_event_id or after
    if "text/event-stream" in request.headers.get("accept", ""):
        await run_in_threadpool(store.events, experiment_id, start, 1)  # the answer can still be 400 or 404
        client = client_of(request)
        hub.places.require(client)
        return _Stream(hub, client, frames(hub, store, experiment_id, start))
    page = await run_in_threadpool(store.events, experiment_id, start, limit)
    return JSONResponse({"data": page, "has_more": len(page) == limit})


class _Stream(EventSourceResponse):
    """An answer that takes one of the hub's places while it lasts."""

    def __init__(self, hub: Hub, client: str, content: AsyncIterator[bytes]) -> None:
        super().__init__(content, headers=_HEADERS)
        self._hub, self._client = hub, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._hub.places.taken(self._client):
            await super().__call__(scope, receive, send)


@dataclass(frozen=True)
class _Batch:
    """Some events as the bytes that every reader of them gets."""

    frames: bytes
    last: str
    is_full: bool


async def frames(hub: Hub, store: Store, experiment_id: str, after: str) -> AsyncIterator[bytes]:
    """All events after an id, then new ones as they come, until the experiment is over or the process stops."""
    yield format_sse_event(retry=_RETRY_MS)
    if await run_in_threadpool(store.trimmed, experiment_id, after):
        # The id before the snapshot: what the snapshot shows may come twice, but nothing is missed.
        after = await run_in_threadpool(store.latest_event, experiment_id)
        snapshot = await run_in_threadpool(store.get, experiment_id)
        yield format_sse_event(id=after, event="gap", data_str=json.dumps(snapshot))
    with hub.watching(experiment_id) as watched:
        async for frame in _followed(hub, watched, store, after):
            yield frame
    yield format_sse_event(event="shutdown" if hub.closing else "end", data_str="{}")


async def _followed(hub: Hub, watched: Watched, store: Store, after: str) -> AsyncIterator[bytes]:
    """Events as they come, a comment after a time of quiet; ends when the experiment is over and all were given."""
    sent = time.monotonic()
    while not hub.closing:
        wakes = watched.wakes
        try:
            if watched.change is None:
                watched.tell(await run_in_threadpool(store.state, watched.experiment_id))
                continue
            over = watched.change.over  # before the events, so that none is missed
            batch = await watched.shared(after, partial(_read, store, watched.experiment_id, after))
        except NotFound:
            return
        except StoreUnavailable:  # the reader waits with us
            await anyio.sleep(_AWAY)
            continue
        if batch.frames:
            after, sent = batch.last, time.monotonic()
            yield batch.frames
        if batch.is_full:
            continue
        if over:
            return
        if not await watched.woken(wakes, sent + _PING - time.monotonic()):
            yield KEEPALIVE_COMMENT
            sent = time.monotonic()


def _read(store: Store, experiment_id: str, after: str) -> _Batch:
    events = store.events(experiment_id, after, _BATCH)
    frames = [
        format_sse_event(id=event["id"], event=event["type"], data_str=json.dumps({"at": event["at"], **event["data"]}))
        for event in events
    ]
    return _Batch(b"".join(frames), events[-1]["id"] if events else after, len(events) == _BATCH)
