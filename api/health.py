"""Whether the service is well, and what it is."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import StoreDep
from api.openapi.answers import json_answer, problems
from api.openapi.schemas import Liveness, Readiness, Version
from satnet import __version__
from satnet.errors import StoreUnavailable

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={200: json_answer("It answers.", Liveness), **problems(store=False)})
async def get_liveness() -> Response:
    """Tell whether this process answers; the store is not asked."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    responses={
        200: json_answer("It is ready.", Readiness),
        **problems(store=False),
        503: json_answer("It is not ready.", Readiness, "Retry-After"),
    },
)
def get_readiness(store: StoreDep) -> Response:
    """Tell whether the service is ready: 503 while the store is away, or set up so that it could lose or evict data."""
    try:
        health = store.health()
    except StoreUnavailable as error:
        return JSONResponse({"status": "unavailable", "detail": str(error)}, 503, headers={"Retry-After": "2"})
    problems = []
    if not health["appendonly"]:
        problems.append("Redis runs without appendonly: a crash would lose accepted experiments")
    if health["maxmemory_policy"] != "noeviction":
        problems.append(f"Redis may evict results: maxmemory-policy is {health['maxmemory_policy']}")
    body = {"status": "degraded" if problems else "ok", "problems": problems, "redis": health}
    return JSONResponse(body | {"workers": len(store.workers())}, 503 if problems else 200)


@router.get("/version", responses={200: json_answer("The version.", Version), **problems(store=False)})
async def get_version() -> Response:
    """Read the version of the running service."""
    return JSONResponse({"version": __version__})
