"""What routes ask for: the store, the settings, the body; and the refusal of unknown query parameters."""

import re
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from starlette.exceptions import HTTPException

from api.access import acting_for
from api.body_gate import parse_json
from api.json import JsonObject
from satnet.errors import BadRequest
from satnet.settings import Settings
from satnet.store import Store

_MOST_QUERY = 2000  # characters of one value: 50 ids to compare
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JSON = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")


async def get_store(request: Request) -> Store:
    """The application's store, as the caller sees it."""
    return acting_for(request.app.state.store, request.state.caller)


async def get_app_settings(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


def require_json(request: Request) -> None:
    """Refuse every Content-Type but JSON's own; a form or plain text can be sent by any web page."""
    types = request.headers.getlist("content-type")
    if len(types) != 1 or not _JSON.fullmatch(types[0].partition(";")[0].strip().lower()):
        got = ", ".join(types)[:200] or "none"
        raise HTTPException(415, f"Content-Type must be application/json, got {got}")


async def known_type(request: Request) -> None:
    """Refuse a body that is not JSON, also where the route reads none."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if request.method not in ("GET", "HEAD") and has_body:
        require_json(request)


async def json_body(request: Request) -> JsonObject:
    """The body as a JSON object of at most `SATNET_MAX_BODY_BYTES`."""
    require_json(request)
    limit: int = request.app.state.settings.max_body_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, f"the body may have at most {limit} bytes")
    content = parse_json(bytes(body))
    if not isinstance(content, dict):
        raise BadRequest("the body must be a JSON object")
    return content


async def known_query(request: Request) -> None:
    """Refuse query parameters that the route does not have, and values that none of them takes."""
    if not request.query_params:
        return
    allowed = set(_query_names(request.scope["route"].dependant))
    unknown = sorted(set(request.query_params) - allowed)
    if unknown:
        choice = ", ".join(sorted(allowed)) or "none"
        raise BadRequest(f"unknown query parameter {', '.join(unknown)}; allowed: {choice}")
    for name, value in request.query_params.multi_items():
        if len(value) > _MOST_QUERY or _CONTROL.search(value):
            raise BadRequest(f"{name}: at most {_MOST_QUERY} characters, none of them a control character, are allowed")


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for part in dependant.dependencies:
        yield from _query_names(part)


StoreDep = Annotated[Store, Depends(get_store)]
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
BodyDep = Annotated[JsonObject, Depends(json_body)]
