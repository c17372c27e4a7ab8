"""POST /v1/experiments."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from api.deps import BodyDep, SettingsDep, StoreDep
from api.experiments.answers import rendered
from api.openapi.answers import json_answer, problems
from api.openapi.bodies import json_body
from api.parameters import DryRun, IdempotencyKey, Wait
from api.tickets import wake
from api.waiting import HubDep
from api.waiting.long_poll import hold
from satnet.records.schema import ExperimentDocument
from satnet.service.dry_run import DryRun as DryRunAnswer
from satnet.service.dry_run import dry_run as estimated
from satnet.service.intake import parse_posted, submit_posted
from satnet.spec import ExperimentSpec
from satnet.spec.external import ExternalSpec

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


@router.post(
    "",
    status_code=202,
    responses={
        200: json_answer("With `dry_run=true`: what is known of the spec before training.", DryRunAnswer),
        202: json_answer(
            "The experiment, stored and queued.",
            ExperimentDocument,
            *("ETag", "Location", "Retry-After", "Preference-Applied"),
        ),
        **problems(410, 429, body=True),
    },
    openapi_extra=json_body(ExperimentSpec, ExternalSpec),
)
async def create_experiment(
    request: Request,
    store: StoreDep,
    hub: HubDep,
    settings: SettingsDep,
    body: BodyDep,
    wait: Wait,
    idempotency_key: IdempotencyKey = None,
    dry_run: DryRun = False,
) -> Response:
    """Submit an experiment.

    It is stored before the answer leaves. `Prefer: wait=N` holds the answer until the experiment is over, for at most
    N seconds (60 at most). `dry_run=true` answers 200 with the completed spec, its size, an estimate of memory and
    time beside the limits, and the findings that need no training; nothing is stored. A spec that needs more than a
    limit allows is refused with code `limit`.

    A body with `"kind": "external"` describes a network that is trained elsewhere; its records are then posted to
    `/v1/experiments/{experiment_id}/epochs`.
    """
    if dry_run:
        spec = await run_in_threadpool(parse_posted, body)
        return JSONResponse(await run_in_threadpool(estimated, spec, settings))
    experiment_id = await run_in_threadpool(submit_posted, store, settings, body, wake, idempotency_key)
    headers = {"Location": f"/v1/experiments/{experiment_id}"}
    if wait:
        with hub.watching(experiment_id) as watched:
            watched.tell(await run_in_threadpool(store.state, experiment_id))
            if await hold(request, hub, watched, wait, lambda change: change.over):
                headers["Preference-Applied"] = f"wait={wait:g}"
    return (await run_in_threadpool(rendered, store, experiment_id)).response(202, **headers)
