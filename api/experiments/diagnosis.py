"""Findings of one experiment, remedies that are submitted, and clones."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.errors import validated
from api.openapi.answers import json_answer, problems
from api.openapi.bodies import CloneRequest, RemedyRequest, json_body
from api.openapi.schemas import SubmittedRemedy
from api.parameters import ExperimentId, IdempotencyKey
from api.tickets import wake
from satnet.errors import FieldError, InvalidSpec
from satnet.records.schema import ExperimentDocument, FindingPage
from satnet.service import derived

router = APIRouter(prefix="/v1/experiments", tags=["diagnosis"])


@router.get(
    "/{experiment_id}/findings",
    responses={200: json_answer("Findings, ordered by cause.", FindingPage), **problems(404)},
)
def list_findings(experiment_id: ExperimentId, store: StoreDep) -> Response:
    """Read the diagnosis: findings with their evidence and remedies, causes before consequences."""
    return JSONResponse({"data": store.get(experiment_id)["findings"]})


@router.post(
    "/{experiment_id}/findings/{finding}/remedy",
    status_code=202,
    responses={
        202: json_answer("The submitted experiments.", SubmittedRemedy, "Location"),
        **problems(404, 409, 410, 429, body=True),
    },
    openapi_extra=json_body(RemedyRequest),
)
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


@router.post(
    "/{experiment_id}/clone",
    status_code=202,
    responses={
        202: json_answer("The new experiment.", ExperimentDocument, "Location"),
        **problems(404, 409, 410, 429, body=True),
    },
    openapi_extra=json_body(CloneRequest),
)
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
