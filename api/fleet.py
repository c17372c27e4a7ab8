"""Queues and workers."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import StoreDep
from api.openapi.answers import json_answer, problems
from satnet.records.schema import QueueAnswer, WorkerPage

router = APIRouter(prefix="/v1", tags=["fleet"])


@router.get("/queue", responses={200: json_answer("Counts.", QueueAnswer), **problems()})
def get_queue(store: StoreDep) -> Response:
    """Read how many experiments wait in each queue, and how many are in each status."""
    queues = [{"name": name, "queued": count} for name, count in store.queues().items()]
    return JSONResponse({"queues": queues, "experiments": store.counts()})


@router.get("/workers", responses={200: json_answer("The workers.", WorkerPage), **problems()})
def list_workers(store: StoreDep) -> Response:
    """List the workers that reported within the last two minutes."""
    return JSONResponse({"data": store.workers()})
