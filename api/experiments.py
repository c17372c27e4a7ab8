"""/v1/experiments: submit, read, list, change, cancel, delete."""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.deps import BodyDep, SettingsDep, StoreDep, WaitDep
from api.external import submit_external
from api.submission import accept, wake
from satnet.errors import BadRequest, FieldError, InvalidSpec, NotFound
from satnet.records.tables import epoch_rows, to_csv
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.service.artifacts import Artifacts, forget
from satnet.spec import dataset_info, estimate, parse_spec, plan_network
from satnet.spec.external import parse_external
from satnet.store import Store

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])
_POLL = 0.1
_COMPUTED = ("training", "cross_validation", "priority")  # of an external experiment's spec
_HERE = {"kind": "experiment"}  # may be said, and need not
Status = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]


def _etag(experiment_id: str, version: int) -> str:
    return f'"{experiment_id}-{version}"'


def _answer(document: dict[str, Any], version: int, status: int = 200, **headers: str) -> JSONResponse:
    headers["ETag"] = _etag(document["id"], version)
    if not document["is_terminal"]:
        headers["Retry-After"] = "1"
    return JSONResponse(document, status, headers=headers)


async def _changed(store: Store, experiment_id: str, version: int, wait: float, terminal: bool) -> None:
    """Return when the document has changed (or, if `terminal`, is over), or after `wait` seconds."""
    until = time.monotonic() + wait
    while time.monotonic() < until:
        current = await run_in_threadpool(store.version, experiment_id)
        if current != version:
            if not terminal:
                return
            if (await run_in_threadpool(store.get, experiment_id))["is_terminal"]:
                return
            version = current
        await asyncio.sleep(_POLL)


@router.post("", status_code=202)
async def submit(
    store: StoreDep,
    settings: SettingsDep,
    body: BodyDep,
    wait: WaitDep,
    idempotency_key: Annotated[str | None, Header(max_length=255, min_length=1)] = None,
    dry_run: bool = False,
) -> Response:
    """Accept an experiment; it is stored before the answer leaves."""
    if body.get("kind") == "external":
        experiment_id = await run_in_threadpool(submit_external, store, settings, body, idempotency_key)
        document, version = await run_in_threadpool(store.get_versioned, experiment_id)
        return _answer(document, version, 202, Location=f"/v1/experiments/{experiment_id}")
    spec = await run_in_threadpool(parse_spec, {key: body[key] for key in body if body[key] != _HERE.get(key)})
    if dry_run:
        return JSONResponse(await run_in_threadpool(_estimate, spec, settings.thresholds))
    experiment_id = await run_in_threadpool(accept, store, settings, spec, key=idempotency_key, body=body)
    headers = {"Location": f"/v1/experiments/{experiment_id}"}
    if wait:
        version = await run_in_threadpool(store.version, experiment_id)
        await _changed(store, experiment_id, version, wait, terminal=True)
        headers["Preference-Applied"] = f"wait={wait:g}"
    document, version = await run_in_threadpool(store.get_versioned, experiment_id)
    return _answer(document, version, 202, **headers)


def _estimate(spec: Any, thresholds: dict[str, float]) -> dict[str, Any]:
    """What a dry run tells; the time is a guess for two CPU cores."""
    plan, info = plan_network(spec), dataset_info(spec.dataset)
    rows = spec.dataset.train_size or (info.train_rows if info else 0)
    values = rows
    for side in info.input_shape if info else ():
        values *= side
    return {
        "valid": True,
        "spec": spec.to_json(),
        "spec_sha256": spec.sha256,
        "estimate": {
            "parameters": plan.parameters,
            "weights_bytes": 4 * plan.parameters,
            "memory_bytes": 4 * values + 16 * plan.parameters,
            "seconds": estimate.seconds(spec, plan),
        },
        "layers": [
            {
                "pointer": one.pointer,
                "type": one.type,
                "output_shape": one.output_shape,
                "parameters": one.parameters,
            }
            for one in plan.layers
        ],
        "findings": diagnose(facts_of(spec), overrides=thresholds),
    }


@router.get("")
def list_experiments(
    store: StoreDep,
    status: Status | None = None,
    label: Annotated[list[str] | None, Query()] = None,
    dataset: str | None = None,
    sweep: str | None = None,
    created_after: datetime | None = None,
    order: Literal["created_at", "-created_at"] = "-created_at",
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    after: str | None = None,
    fields: str | None = None,
) -> Response:
    """A page of experiments, newest first."""
    labels = {}
    for text in label or []:
        key, separator, value = text.partition(":")
        if not separator:
            raise BadRequest(f"label: key:value is needed, got {text!r}")
        labels[key] = value
    page = store.list(
        status=status,
        labels=labels,
        dataset=dataset,
        sweep=sweep,
        created_after=created_after.timestamp() * 1000 if created_after else None,
        order=order,
        limit=limit,
        after=after,
    )
    if fields:
        wanted = {"id", *fields.split(",")}
        page["data"] = [{key: one[key] for key in one if key in wanted} for one in page["data"]]
    return JSONResponse(page)  # which FastAPI would look through again, value by value


@router.get("/{experiment_id}")
async def get_experiment(
    experiment_id: str,
    store: StoreDep,
    wait: WaitDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One experiment; 304 while it is as the caller knows it, held up to N s with `Prefer: wait=N`."""
    version = await run_in_threadpool(store.version, experiment_id)
    known = if_none_match == _etag(experiment_id, version)
    if wait and (known or if_none_match is None):
        await _changed(store, experiment_id, version, wait, terminal=False)
    document, version = await run_in_threadpool(store.get_versioned, experiment_id)
    if if_none_match == _etag(experiment_id, version):
        return Response(status_code=304, headers={"ETag": if_none_match, "Retry-After": "1"})
    return _answer(document, version)


@router.patch("/{experiment_id}")
def patch_experiment(experiment_id: str, store: StoreDep, body: BodyDep) -> Response:
    """Change name, labels, priority or keep."""
    current = store.get(experiment_id)
    unknown = [key for key in body if key not in ("name", "labels", "priority", "keep")]
    if unknown:
        detail = "only name, labels, priority and keep can be changed"
        raise InvalidSpec([FieldError(f"#/{key}", detail, "extra_forbidden", body[key]) for key in unknown])
    _check_changes(current, body)
    store.patch(experiment_id, body)
    return _answer(*store.get_versioned(experiment_id))


def _check_changes(current: dict[str, Any], changes: dict[str, Any]) -> None:
    """The same rules as at POST."""
    if current["kind"] == "experiment":
        parse_spec(current["spec"] | changes)
    elif refused := [key for key in ("priority", "keep") if key in changes]:
        detail = "an external experiment has none"
        raise InvalidSpec([FieldError(f"#/{key}", detail, "not_allowed", changes[key]) for key in refused])
    else:
        told = {key: current["spec"][key] for key in current["spec"] if key not in _COMPUTED}
        parse_external(told | changes | {"epochs": current["spec"]["training"]["epochs"]})


@router.delete("/{experiment_id}", status_code=204)
def delete_experiment(experiment_id: str, store: StoreDep, settings: SettingsDep) -> None:
    """Delete a terminal experiment and all it left."""
    store.delete(experiment_id)
    forget(Artifacts(settings.artifacts), experiment_id)


@router.post("/{experiment_id}/cancel")
def cancel_experiment(experiment_id: str, store: StoreDep) -> Response:
    """202 while it is being cancelled, 200 if it is over already."""
    before = store.cancel(experiment_id)
    over = before in ("succeeded", "failed", "cancelled")
    document, version = store.get_versioned(experiment_id)
    return _answer(document, version, 200 if over else 202)


@router.post("/{experiment_id}/pause")
def pause_experiment(experiment_id: str, store: StoreDep) -> Response:
    """200 if it is paused, 202 while a running one gets to the end of its epoch; it keeps its checkpoint."""
    before = store.pause(experiment_id)
    document, version = store.get_versioned(experiment_id)
    return _answer(document, version, 202 if before == "running" else 200)


@router.post("/{experiment_id}/resume", status_code=202)
def resume_experiment(experiment_id: str, store: StoreDep) -> Response:
    """Queue a paused, failed or cancelled one again; it goes on from its last checkpoint."""
    store.resume(experiment_id)
    return _queued_again(experiment_id, store)


@router.post("/{experiment_id}/retry", status_code=202)
def retry_experiment(experiment_id: str, store: StoreDep) -> Response:
    """Queue a failed or cancelled one again; it starts anew."""
    store.resume(experiment_id, anew=True)
    return _queued_again(experiment_id, store)


def _queued_again(experiment_id: str, store: Store) -> Response:
    wake(store.queue_of(experiment_id))
    document, version = store.get_versioned(experiment_id)
    return _answer(document, version, 202)


@router.get("/{experiment_id}/epochs")
def epochs(
    experiment_id: str,
    store: StoreDep,
    after_epoch: Annotated[int | None, Query(ge=-1)] = None,
    fold: Annotated[int | None, Query(ge=0)] = None,
    format: Literal["json", "csv"] = "json",
) -> Response:
    """All measured epochs, METRICS section 3."""
    records = store.epochs(experiment_id, after_epoch, fold)
    if format == "json":
        return JSONResponse({"data": records})
    return Response(to_csv(epoch_rows(records)), media_type="text/csv")


@router.get("/{experiment_id}/units")
def units(
    experiment_id: str,
    store: StoreDep,
    layer: str | None = None,
    epoch: Annotated[int | None, Query(ge=0)] = None,
    fold: Annotated[int | None, Query(ge=0)] = None,
) -> dict[str, Any]:
    """Per-unit arrays of a measured epoch (default: the latest) and layer (default: all)."""
    found = store.units(experiment_id, epoch, fold)
    if found is None:
        raise NotFound(
            f"{experiment_id} keeps no per-unit arrays of {'any epoch' if epoch is None else f'epoch {epoch}'}"
        )
    if layer is None:
        return found
    if layer not in found["layers"]:
        raise NotFound(f"{experiment_id} has no hidden layer {layer}; it has {', '.join(found['layers'])}")
    return found | {"layers": {layer: found["layers"][layer]}}


@router.get("/{experiment_id}/events")
async def events(
    experiment_id: str,
    request: Request,
    store: StoreDep,
    after: str = "0-0",
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """A JSON page, or Server-Sent Events where the caller accepts them."""
    from api.events import stream

    start = last_event_id or after
    first = await run_in_threadpool(store.events, experiment_id, start, limit)
    if "text/event-stream" in request.headers.get("accept", ""):
        return stream(store, experiment_id, start)
    return JSONResponse({"data": first, "has_more": len(first) == limit})
