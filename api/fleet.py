"""What works and what waits, and whether the service is well."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api.deps import StoreDep
from satnet import __version__
from satnet.errors import StoreUnavailable

router = APIRouter()


@router.get("/v1/queue", tags=["fleet"])
def queue(store: StoreDep) -> dict[str, Any]:
    """How many wait in each queue, and how many experiments are in each status."""
    return {
        "queues": [{"name": name, "queued": count} for name, count in store.queues().items()],
        "experiments": store.counts(),
    }


@router.get("/v1/workers", tags=["fleet"])
def workers(store: StoreDep) -> dict[str, Any]:
    """The workers seen within two minutes."""
    return {"data": store.workers()}


@router.get("/healthz", tags=["health"])
def healthz() -> dict[str, str]:
    """This process answers; Redis is not asked."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"])
def readyz(store: StoreDep) -> Response:
    """503 while Redis is away or would lose or evict what was accepted."""
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


@router.get("/version", tags=["health"])
def version() -> dict[str, str]:
    """The running version."""
    return {"version": __version__}


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """The interactive documentation, until there is a dashboard."""
    return RedirectResponse("/docs")
