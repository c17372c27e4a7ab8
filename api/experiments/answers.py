"""How an experiment is answered: the document with its ETag, and how long to wait before asking again."""

from dataclasses import dataclass

from fastapi.responses import JSONResponse, Response

from satnet.store import Change, Store

SOON, LATER = "1", "5"  # seconds, for Retry-After; later where there was no place to wait


def etag(experiment_id: str, version: int) -> str:
    """The ETag of one version of the document."""
    return f'"{experiment_id}-{version}"'


@dataclass(frozen=True)
class Rendered:
    """A version of the document as the bytes that every reader of it gets."""

    body: bytes
    version: int
    is_terminal: bool
    experiment_id: str

    def response(self, status: int = 200, *, retry_after: str = SOON, **headers: str) -> Response:
        """The answer with these bytes."""
        headers["ETag"] = etag(self.experiment_id, self.version)
        if not self.is_terminal:
            headers["Retry-After"] = retry_after
        return Response(self.body, status, headers, "application/json")


def rendered(store: Store, experiment_id: str) -> Rendered:
    """The experiment as it is now: nothing validates or converts it again. Raises NotFound."""
    document, version = store.get_versioned(experiment_id)
    return Rendered(bytes(JSONResponse(document).body), version, document["is_terminal"], experiment_id)


def stored(store: Store, experiment_id: str, status: int = 200, **headers: str) -> Response:
    """The answer with the experiment as it is now. Raises NotFound."""
    return rendered(store, experiment_id).response(status, **headers)


def unchanged(state: Change, retry_after: str = SOON) -> Response:
    """304: the caller has this version already."""
    headers = {"ETag": etag(state.experiment_id, state.version)}
    if not state.over:
        headers["Retry-After"] = retry_after
    return Response(status_code=304, headers=headers)
