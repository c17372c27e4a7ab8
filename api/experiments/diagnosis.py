"""Findings of one experiment, remedies that are submitted, and clones."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import BodyDep, SettingsDep, StoreDep
from api.errors import validated
from api.parameters import ExperimentId, IdempotencyKey
from api.tickets import wake
from satnet.errors import FieldError, InvalidSpec
from satnet.service import derived

router = APIRouter(prefix="/v1/experiments", tags=["diagnosis"])


class RemedyRequest(BaseModel):
    """Which remedy of a finding, counted from 0, and from how many seeds (1 to 20) it is to run."""

    model_config = ConfigDict(extra="forbid", strict=True)

    remedy: Annotated[int, Field(ge=0)] = 0
    repeats: Annotated[int, Field(ge=1, le=20)] = 1


@router.get("/{experiment_id}/findings")
def list_findings(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Read the diagnosis: findings with their evidence and remedies, causes before consequences."""
    return JSONResponse({"data": store.get(experiment_id)["findings"]})


@router.post("/{experiment_id}/findings/{finding}/remedy", status_code=202)
def submit_remedy(
    experiment_id: ExperimentId,
    finding: Annotated[str, Path(description="The finding's id: its rule and, where it has one, its layer.")],
    store: StoreDep,
    settings: SettingsDep,
    body: BodyDep,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Submit the experiment with a remedy applied.

    With `repeats` above 1 the remedied spec runs from that many seeds, and the original one from each new seed, so
    that the comparison is of pairs. Every run names the experiment as its `parent`.
    """
    request = validated(RemedyRequest, body)
    submitted = derived.submit_remedy(
        store, settings, wake, experiment_id, finding, **request.model_dump(), key=idempotency_key
    )
    headers = {"Location": f"/v1/experiments/{submitted.remedies[0]}"}
    return JSONResponse(submitted.document(store), 202, headers=headers)


@router.post("/{experiment_id}/clone", status_code=202)
def clone_experiment(
    experiment_id: ExperimentId,
    store: StoreDep,
    settings: SettingsDep,
    body: BodyDep,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Submit the experiment's spec again, changed by a JSON Patch (RFC 6902)."""
    if unknown := [key for key in body if key != "patch"]:
        detail = "there is no such field; allowed: patch"
        raise InvalidSpec([FieldError(f"#/{key}", detail, "extra_forbidden", body[key]) for key in unknown])
    clone_id = derived.clone(store, settings, wake, experiment_id, body.get("patch", []), idempotency_key)
    return JSONResponse(store.get(clone_id), 202, headers={"Location": f"/v1/experiments/{clone_id}"})
