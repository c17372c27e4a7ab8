"""POST /v1/sweeps."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.openapi.answers import json_answer, problems
from api.openapi.bodies import json_body
from api.parameters import DryRun, IdempotencyKey
from api.tickets import wake
from satnet.records.schema import SweepDocument
from satnet.service import sweep_intake, sweep_views
from satnet.sweeps.spec import SweepSpec

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])


@router.post(
    "",
    status_code=202,
    responses={
        200: json_answer("With `dry_run=true`: what the sweep would cost.", sweep_intake.SweepDryRun),
        202: json_answer("The sweep, its first trials queued.", SweepDocument, "Location"),
        **problems(410, 429, body=True),
    },
    openapi_extra=json_body(SweepSpec),
)
def create_sweep(
    store: StoreDep,
    settings: SettingsDep,
    body: BodyDep,
    idempotency_key: IdempotencyKey = None,
    dry_run: DryRun = False,
) -> Response:
    """Submit a sweep, at most 5,000 trials.

    The trials that are known from the start are queued before the answer leaves. `dry_run=true` answers 200 with the
    completed sweep, its number of trials, the points that are no valid specs, and an estimate; nothing is stored.
    """
    if dry_run:
        return JSONResponse(sweep_intake.dry_run(sweep_intake.parse_posted(body, settings), settings))
    sweep_id = sweep_intake.create(store, settings, wake, body, idempotency_key)
    headers = {"Location": f"/v1/sweeps/{sweep_id}"}
    return JSONResponse(sweep_views.document(store, sweep_id), 202, headers=headers)
