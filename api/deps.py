"""What routes ask for: the store, the settings, and headers read once."""

import json
import re
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from satnet.errors import BadRequest
from satnet.settings import Settings
from satnet.store import Store

MOST_WAIT = 60.0


def get_store(request: Request) -> Store:
    """The application's store."""
    store: Store = request.app.state.store
    return store


def get_app_settings(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


def wait_seconds(request: Request) -> float:
    """N of `Prefer: wait=N` (RFC 7240), at most 60; 0 where there is none."""
    match = re.search(r"\bwait\s*=\s*\"?(\d+(?:\.\d+)?)", request.headers.get("prefer", ""))
    return min(float(match[1]), MOST_WAIT) if match else 0.0


async def json_body(request: Request) -> dict[str, Any]:
    """The body as a JSON object."""
    if "json" not in request.headers.get("content-type", "application/json"):
        raise HTTPException(415, "Content-Type must be application/json")
    limit = get_app_settings(request).max_body_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, f"at most {limit} bytes are taken")
    try:
        content = json.loads(bytes(body), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadRequest("the body must be a JSON object")
    return content


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def known_query(request: Request) -> None:
    """Refuse query parameters that the route does not have."""
    route = request.scope["route"]
    allowed = {field.alias for field in _query_fields(route.dependant)}
    unknown = sorted(set(request.query_params) - allowed)
    if unknown:
        choice = ", ".join(sorted(allowed)) or "none"
        raise BadRequest(f"unknown query parameter {', '.join(unknown)}; allowed: {choice}")


def _query_fields(dependant: Any) -> list[Any]:
    fields = list(dependant.query_params)
    for part in dependant.dependencies:
        fields += _query_fields(part)
    return fields


StoreDep = Annotated[Store, Depends(get_store)]
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
WaitDep = Annotated[float, Depends(wait_seconds)]
BodyDep = Annotated[dict[str, Any], Depends(json_body)]
