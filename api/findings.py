"""The diagnosis over HTTP: findings, remedies that are posted back, clones, comparisons."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.deps import BodyDep, SettingsDep, StoreDep
from api.submission import accept, patched
from satnet.errors import BadRequest, Conflict, FieldError, InvalidSpec, NotFound
from satnet.records.comparison import compare
from satnet.spec import ExperimentSpec, parse_spec
from satnet.store import Store

router = APIRouter(prefix="/v1", tags=["diagnosis"])
MOST_COMPARED = 50
Key = Annotated[str | None, Header(max_length=255, min_length=1)]


class RemedyRequest(BaseModel):
    """Which remedy of a finding, and over how many seeds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    remedy: Annotated[int, Field(ge=0)] = 0
    repeats: Annotated[int, Field(ge=1, le=20)] = 1


@router.get("/experiments/{experiment_id}/findings")
def findings(experiment_id: str, store: StoreDep) -> dict[str, Any]:
    """The diagnosis, ordered by cause."""
    return {"data": store.get(experiment_id)["findings"]}


@router.post("/experiments/{experiment_id}/findings/{finding}/remedy", status_code=202)
def remedy(
    experiment_id: str,
    finding: str,
    store: StoreDep,
    settings: SettingsDep,
    body: BodyDep,
    idempotency_key: Key = None,
) -> Response:
    """Submit the experiment with a remedy applied, linked to its parent.

    With `repeats` above 1 the patched spec runs from as many seeds, and the unpatched one from the new ones,
    so that the verdict rests on pairs.
    """
    request = _request(body)
    document = store.get(experiment_id)
    if document["kind"] != "experiment":
        raise Conflict(f"{experiment_id} was trained elsewhere: its remedies cannot be run here")
    found = next((one for one in document["findings"] if one["id"] == finding), None)
    if found is None:
        raise NotFound(f"{experiment_id} has no finding {finding}")
    if request.remedy >= len(found["remedies"]):
        detail = f"{finding} has {len(found['remedies'])} remedies, counted from 0"
        raise InvalidSpec([FieldError("#/remedy", detail, "limit", request.remedy)])
    patch = found["remedies"][request.remedy]["patch"]
    parent = {"experiment": experiment_id, "finding": finding, "remedy": request.remedy, "patch": patch}
    after, before = patched(document["spec"], patch), parse_spec(document["spec"])
    remedies, baselines = [], []
    for number in range(request.repeats):
        seed = (document["seed"] + number) % 2**31
        key = f"{idempotency_key}:{number}" if idempotency_key else None
        asked = [experiment_id, finding, body]
        told = parent | {"role": "remedy"}
        remedies.append(accept(store, settings, _seeded(after, seed), parent=told, key=key, body=asked))
        if number:
            key, told = key and f"{key}:b", parent | {"role": "baseline"}
            baselines.append(accept(store, settings, _seeded(before, seed), parent=told, key=key, body=asked))
    everything = ",".join([experiment_id, *remedies, *baselines])
    content = {
        "data": [store.get(one) for one in remedies],
        "baselines": [store.get(one) for one in baselines],
        "links": {"compare": f"/v1/compare?ids={everything}"},
    }
    return JSONResponse(content, 202, headers={"Location": f"/v1/experiments/{remedies[0]}"})


def _seeded(spec: ExperimentSpec, seed: int) -> ExperimentSpec:
    return spec.model_copy(update={"seed": seed})


def _request(body: dict[str, Any]) -> RemedyRequest:
    try:
        return RemedyRequest.model_validate(body)
    except ValidationError as error:
        errors = [
            FieldError("#/" + "/".join(map(str, one["loc"])), one["msg"], one["type"], one.get("input"))
            for one in error.errors()
        ]
        raise InvalidSpec(errors) from error


@router.post("/experiments/{experiment_id}/clone", status_code=202)
def clone(
    experiment_id: str, store: StoreDep, settings: SettingsDep, body: BodyDep, idempotency_key: Key = None
) -> Response:
    """The same experiment again with a JSON Patch of its spec, linked to its parent."""
    unknown = [key for key in body if key != "patch"]
    if unknown:
        detail = "only patch is taken"
        raise InvalidSpec([FieldError(f"#/{key}", detail, "extra_forbidden", body[key]) for key in unknown])
    document = store.get(experiment_id)
    if document["kind"] != "experiment":
        raise Conflict(f"{experiment_id} was trained elsewhere: it cannot be run here")
    patch = body.get("patch", [])
    spec = patched(document["spec"], patch)
    parent = {"experiment": experiment_id, "role": "clone", "patch": patch}
    fresh = accept(store, settings, spec, key=idempotency_key, body=[experiment_id, body], parent=parent)
    return JSONResponse(store.get(fresh), 202, headers={"Location": f"/v1/experiments/{fresh}"})


@router.get("/compare")
def compare_experiments(store: StoreDep, ids: Annotated[str, Query(min_length=1)]) -> dict[str, Any]:
    """Two or more experiments side by side; the first is the baseline."""
    identities = [one for one in ids.split(",") if one]
    if not 2 <= len(identities) <= MOST_COMPARED or len(set(identities)) < len(identities):
        raise BadRequest(f"ids: 2 to {MOST_COMPARED} different experiments are compared, got {ids!r}")
    return compare([_whole(store, one) for one in identities])


def _whole(store: Store, experiment_id: str) -> dict[str, Any]:
    return store.get(experiment_id) | {"epochs": store.epochs(experiment_id)}
