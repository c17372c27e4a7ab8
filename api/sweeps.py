"""/v1/sweeps: create, read, list, rank, stop, go on."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from api.deps import BodyDep, SettingsDep, StoreDep
from api.submission import fingerprint, wake
from satnet.errors import Conflict, FieldError, InvalidSpec
from satnet.records.experiment import new_id
from satnet.records.tables import to_csv
from satnet.service import sweep_views as answers
from satnet.service.sweep_steps import PATIENCE, advance
from satnet.spec import estimate, parse_spec, plan_network
from satnet.store import Store
from satnet.sweeps.points import shown
from satnet.sweeps.search import all_at_once
from satnet.sweeps.spec import SweepSpec, parse_sweep
from satnet.sweeps.stacking import group_of

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])
Status = Literal["running", "paused", "succeeded", "failed", "cancelled"]
Key = Annotated[str | None, Header(max_length=255, min_length=1)]


@router.post("", status_code=202)
def create(
    store: StoreDep, settings: SettingsDep, body: BodyDep, idempotency_key: Key = None, dry_run: bool = False
) -> Response:
    """Accept a sweep; its trials that are known from the start are queued before the answer leaves."""
    sweep = parse_sweep(body)
    _one_is_valid(sweep)
    if dry_run:
        return JSONResponse(_estimate(sweep))
    sweep_id, _ = store.create_sweep(new_id("swp_"), sweep.to_json(), idempotency_key, fingerprint(body))
    advance(store, settings, sweep_id, wake, PATIENCE)
    headers = {"Location": f"/v1/sweeps/{sweep_id}"}
    return JSONResponse(answers.document(store, sweep_id), 202, headers=headers)


def _one_is_valid(sweep: SweepSpec) -> None:
    """Raises InvalidSpec where every point that is known from the start is refused: what the first is refused for."""
    first: list[FieldError] = []
    for parameters in all_at_once(sweep) or []:
        try:
            sweep.spec_at(parameters, 0)
        except InvalidSpec as error:
            first = first or [_of_the_body(sweep, parameters, one) for one in error.errors]
        else:
            return
    if first:
        raise InvalidSpec(first)


def _of_the_body(sweep: SweepSpec, parameters: dict[str, Any], error: FieldError) -> FieldError:
    """A point's error as one of the sweep's body: the axis that leads there, else the place in base."""
    pointer = "#/base" + error.pointer[1:]
    for axis in sweep.axes():
        if any(f"{error.pointer[1:]}/".startswith(f"{part}/") for part in axis.split(",")):
            pointer = "#/parameters/" + axis.replace("~", "~0").replace("/", "~1")
    told = ", ".join(f"{axis} = {shown(value)}" for axis, value in parameters.items())
    return replace(error, pointer=pointer, detail=f"no point is a valid spec; at {told}: {error.detail}")


def _estimate(sweep: SweepSpec) -> dict[str, Any]:
    """What a dry run tells; the time is a guess for one worker on two CPU cores, without trials side by side."""
    base, specs, refused = parse_spec(sweep.base), [], []
    for number, parameters in enumerate(all_at_once(sweep) or []):
        try:
            specs.append(sweep.spec_at(parameters, 0))
        except InvalidSpec as error:
            errors = [one.as_dict() for one in error.errors]
            refused.append({"point": number, "parameters": parameters, "errors": errors})
    specs = specs or [base] * sweep.points
    seconds = [estimate.seconds(one, plan_network(one)) for one in specs]
    groups = {name for one in specs if (name := group_of(one))} if sweep.side_by_side else set()
    return {
        "valid": True,
        "spec": sweep.to_json(),
        "points": sweep.points,
        "trials": len(specs) * sweep.repeats,
        "invalid": refused,
        "side_by_side_groups": len(groups) * (1 if base.dataset.split_seed is not None else sweep.repeats),
        "estimate": {"seconds": None if None in seconds else sweep.repeats * sum(one or 0.0 for one in seconds)},
    }


@router.get("")
def list_sweeps(
    store: StoreDep,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    after: str | None = None,
) -> dict[str, Any]:
    """A page of sweeps, newest first, without their best."""
    found, following = store.sweeps(status, limit, after)
    data = [answers.brief(one) for one in found]
    return {"data": data, "has_more": following is not None, "next": following}


@router.get("/{sweep_id}")
def get_sweep(sweep_id: str, store: StoreDep) -> dict[str, Any]:
    """One sweep: progress, the best so far, how long it may still take."""
    return answers.document(store, sweep_id)


@router.get("/{sweep_id}/trials")
def trials(
    sweep_id: str,
    store: StoreDep,
    status: str | None = None,
    sort: Literal["trial", "value", "-value", "seconds", "-seconds"] = "trial",
    format: Literal["json", "csv"] = "json",
) -> Response:
    """All trials, points that are no valid specs included."""
    rows = answers.trial_rows(store, sweep_id, status, sort)
    if format == "csv":
        return Response(to_csv([answers.flat_row(row) for row in rows]), media_type="text/csv")
    return JSONResponse({"data": rows})


@router.get("/{sweep_id}/best")
def best(sweep_id: str, store: StoreDep) -> dict[str, Any]:
    """The best point with its interval, and whether it is better than the others by more than the noise."""
    return answers.best(store, sweep_id)


@router.get("/{sweep_id}/importance")
def importance(sweep_id: str, store: StoreDep, method: Literal["fanova", "ped_anova"] = "fanova") -> dict[str, Any]:
    """How much of the objective's variance each parameter explains, by Optuna."""
    return answers.importance(store, sweep_id, method)


@router.post("/{sweep_id}/cancel")
def cancel(sweep_id: str, store: StoreDep, settings: SettingsDep) -> Response:
    """202 while its trials are being cancelled, 200 if it was over already."""
    before = store.set_sweep_status(sweep_id, "cancelled", ("running", "paused"))
    return _stepped(store, settings, sweep_id, 202 if before in ("running", "paused") else 200)


@router.post("/{sweep_id}/pause")
def pause(sweep_id: str, store: StoreDep, settings: SettingsDep) -> Response:
    """Its running trials keep a checkpoint; nothing new is tried. Conflict when it is over."""
    before = store.set_sweep_status(sweep_id, "paused", ("running",))
    if before not in ("running", "paused"):
        raise Conflict(f"{sweep_id} is {before}, and cannot be paused")
    return _stepped(store, settings, sweep_id, 202)


@router.post("/{sweep_id}/resume", status_code=202)
def resume(sweep_id: str, store: StoreDep, settings: SettingsDep) -> Response:
    """A paused or cancelled sweep goes on, each of its trials from its checkpoint."""
    before = store.resume_sweep(sweep_id, failed=False, allowed=("running", "paused", "cancelled"))
    if before not in ("running", "paused", "cancelled"):
        raise Conflict(f"{sweep_id} is {before}; use rerun-failed for trials that failed")
    return _stepped(store, settings, sweep_id, 202)


@router.post("/{sweep_id}/rerun-failed", status_code=202)
def rerun_failed(sweep_id: str, store: StoreDep, settings: SettingsDep) -> Response:
    """Start the trials that failed anew, and no other."""
    before = store.sweep(sweep_id).status
    if before in ("paused", "cancelled"):
        raise Conflict(f"{sweep_id} is {before}; resume it first")
    if not any(one.status == "failed" for one in store.trials(sweep_id)):
        raise Conflict(f"{sweep_id} has no trial that failed")
    store.resume_sweep(sweep_id, failed=True)
    return _stepped(store, settings, sweep_id, 202)


def _stepped(store: Store, settings: SettingsDep, sweep_id: str, status: int) -> Response:
    advance(store, settings, sweep_id, wake, PATIENCE)
    return JSONResponse(answers.document(store, sweep_id), status)
