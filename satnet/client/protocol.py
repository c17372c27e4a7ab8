"""What the two clients share: where to send, what to repeat, what an answer means."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from satnet.client.errors import APIStatusError
from satnet.settings import get_settings

RETRIED = (429, 502, 503, 504)
ATTEMPTS, LONGEST_PAUSE = 4, 5.0
HELD = 20  # seconds a long poll is held


class Again(Exception):
    """An answer that is worth another try."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response


def options(url: str | None, api_key: str | None, timeout: float) -> dict[str, Any]:
    """The arguments of an httpx client."""
    settings = get_settings()
    key = api_key or settings.api_key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url or settings.url, "headers": headers, "timeout": timeout}


def body_of(spec: object) -> dict[str, Any]:
    """A spec as JSON: a mapping, an ExperimentSpec, or the path of a JSON file."""
    if isinstance(spec, str | Path):
        content: dict[str, Any] = json.loads(Path(spec).read_text())
        return content
    if isinstance(spec, Mapping):
        return dict(spec)
    to_json = getattr(spec, "to_json", None)
    if to_json is None:
        raise TypeError(f"a mapping, an ExperimentSpec or a path is needed, got {type(spec).__name__}")
    return dict(to_json())


def keyed(idempotency_key: str | None) -> dict[str, str]:
    """One key, made before the first try and kept across all of them."""
    return {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}


def poll_headers(left: float, etag: str | None) -> dict[str, str]:
    """Hold the answer until the experiment is another than `etag`."""
    return {"Prefer": f"wait={min(HELD, max(1, int(left)))}", "If-None-Match": etag or ""}


def raise_for_problem(response: httpx.Response) -> httpx.Response:
    """The response, or APIStatusError with the service's problem document."""
    if response.status_code >= 400:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        raise APIStatusError(response.status_code, problem)
    return response
