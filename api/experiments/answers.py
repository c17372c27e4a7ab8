"""How an experiment is answered: the document with its ETag, and how long to wait before asking again."""

import asyncio
import time

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from satnet.records.schema import ExperimentDocument
from satnet.store import Store

_POLL = 0.1  # seconds between two looks at the version


def etag(experiment_id: str, version: int) -> str:
    """The ETag of one version of the document."""
    return f'"{experiment_id}-{version}"'


def answer(document: ExperimentDocument, version: int, status: int = 200, **headers: str) -> JSONResponse:
    """The document as it was read from the store: nothing validates or converts it again."""
    headers["ETag"] = etag(document["id"], version)
    if not document["is_terminal"]:
        headers["Retry-After"] = "1"
    return JSONResponse(document, status, headers=headers)


def stored(store: Store, experiment_id: str, status: int = 200, **headers: str) -> JSONResponse:
    """The experiment as it is now. Raises NotFound."""
    document, version = store.get_versioned(experiment_id)
    return answer(document, version, status, **headers)


def unchanged(experiment_id: str, version: int) -> Response:
    """304: the caller has this version already."""
    return Response(status_code=304, headers={"ETag": etag(experiment_id, version), "Retry-After": "1"})


async def changed(store: Store, experiment_id: str, version: int, wait: float, terminal: bool = False) -> None:
    """Return once the document differs from `version` (with `terminal`: is over), or after `wait` seconds."""
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
