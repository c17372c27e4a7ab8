"""GET /v1/experiments and one of them."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BeforeValidator

from api.deps import StoreDep
from api.experiments.answers import LATER, SOON, etag, rendered, unchanged
from api.openapi.answers import empty, json_answer, problems
from api.openapi.schemas import SelectedFields
from api.parameters import After, ExperimentId, IfNoneMatch, Limit, Owner, Wait
from api.waiting import Hub, HubDep
from api.waiting.long_poll import hold
from satnet.errors import BadRequest
from satnet.records.ids import id_pattern
from satnet.records.schema import ExperimentDocument, ExperimentPage
from satnet.store import Store
from satnet.store.listing import LISTED_FIELDS

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
Status = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]


def _date_time(value: object) -> object:
    """Pydantic alone would take a number for seconds since 1970, and a date for its midnight."""
    if isinstance(value, str) and not _DATE_TIME.match(value):
        raise ValueError("a date and a time are needed, such as 2030-01-31T12:00:00Z")
    return value


@router.get("", responses={200: json_answer("One page.", ExperimentPage | SelectedFields), **problems()})
def list_experiments(
    store: StoreDep,
    status: Annotated[Status | None, Query(description="Only experiments in this status.")] = None,
    label: Annotated[list[str] | None, Query(description="`key:value`; repeat it to ask for several labels.")] = None,
    dataset: Annotated[str | None, Query(description="Only experiments on this dataset.")] = None,
    sweep: Annotated[str | None, Query(pattern=id_pattern("swp_"), description="Only trials of this sweep.")] = None,
    created_after: Annotated[
        datetime | None,
        BeforeValidator(_date_time),
        Query(description="Only experiments submitted later (RFC 3339)."),
    ] = None,
    owner: Owner = None,
    order: Annotated[
        Literal["created_at", "-created_at"], Query(description="Oldest first, or newest first.")
    ] = "-created_at",
    limit: Limit = 20,
    after: After = None,
    fields: Annotated[
        str | None, Query(description="Comma-separated fields of the document to answer; `id` is always there.")
    ] = None,
) -> Response:
    """List experiments, newest first, a page at a time.

    Each is a short row; `fields` asks for fields of the whole document instead. A page with `fields` has at most 2 MB,
    and so perhaps fewer items than `limit`: go on with `next` while `has_more` is true.
    """
    page = store.list(
        status=status,
        labels=dict(map(_pair, label or ())),
        dataset=dataset,
        sweep=sweep,
        created_after=_ms(created_after) if created_after else None,
        owner=owner,
        order=order,
        limit=limit,
        after=after,
        fields=_known_fields(fields) if fields else None,
    )
    return JSONResponse(page)


def _known_fields(text: str) -> list[str]:
    fields = text.split(",")
    if unknown := sorted(set(fields) - LISTED_FIELDS):
        raise BadRequest(f"fields: there is no {', '.join(unknown)}; allowed: {', '.join(sorted(LISTED_FIELDS))}")
    return fields


def _ms(moment: datetime) -> float:
    """Since 1970; a time without an offset is UTC. Not `timestamp`, which fails for the years 1 and 9999."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(0, UTC)).total_seconds() * 1000


def _pair(label: str) -> tuple[str, str]:
    key, separator, value = label.partition(":")
    if not separator:
        raise BadRequest(f"label: expected key:value, got {label!r}")
    return key, value


@router.get(
    "/{experiment_id}",
    responses={
        200: json_answer("The experiment.", ExperimentDocument, "ETag", "Retry-After"),
        304: empty("Nothing has changed since the version in `If-None-Match`.", "ETag", "Retry-After"),
        **problems(404),
    },
)
async def get_experiment(
    request: Request,
    experiment_id: ExperimentId,
    store: StoreDep,
    hub: HubDep,
    wait: Wait,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read one experiment: status, progress, summary, findings.

    Send the `ETag` back as `If-None-Match` and the answer is 304 while nothing has changed. `Prefer: wait=N` holds the
    answer until something changes, for at most N seconds (60 at most); an experiment that is over is answered at once,
    and so is everything where too many wait already. While the experiment is not over, `Retry-After` says how many
    seconds to wait before asking again.
    """
    if wait:
        return await _held(request, experiment_id, store, hub, wait, if_none_match)
    if if_none_match is not None:
        state = await run_in_threadpool(store.state, experiment_id)
        if if_none_match == etag(experiment_id, state.version):
            return unchanged(state)
    return (await run_in_threadpool(rendered, store, experiment_id)).response()


async def _held(
    request: Request, experiment_id: str, store: Store, hub: Hub, wait: float, if_none_match: str | None
) -> Response:
    """The answer once there is another version than the caller's, or than the one at the start of the request."""
    with hub.watching(experiment_id) as watched:
        state = await run_in_threadpool(store.state, experiment_id)
        latest = watched.tell(state)
        known = if_none_match is None or if_none_match == etag(experiment_id, state.version)
        retry_after = SOON
        if known and not state.over:
            if not await hold(request, hub, watched, wait, lambda change: change.version != state.version):
                retry_after = LATER
            latest = watched.tell(state)
        if if_none_match == etag(experiment_id, latest.version):
            return unchanged(latest, retry_after)
        document = await watched.shared("document", partial(rendered, store, experiment_id))
        return document.response(retry_after=retry_after)
