"""RFC 9457 problem details for every error, satnet's own and the framework's."""

import json
import logging
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.methods import allowed_methods
from api.quoting import MOST_GOT, quoted, shortened
from satnet.errors import (
    BadRequest,
    Busy,
    FieldError,
    InvalidSpec,
    QuotaExceeded,
    SatnetError,
    StoreUnavailable,
    TooManyOpen,
    Unauthenticated,
    WorkerUnavailable,
)

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger(__name__)
_FRAMEWORK = {  # status -> code, title
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    413: ("body_too_large", "The body is too large"),
    415: ("unsupported_media_type", "JSON is needed"),
    416: ("range_not_satisfiable", "The file has no such part"),
}
_MOST_ERRORS = 100  # that one answer names
_UNEXPECTED = "Something went wrong; the log has the cause under this request id"
_PASSING = (Busy, QuotaExceeded, StoreUnavailable, TooManyOpen, WorkerUnavailable)  # try again a little later
Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], body: object) -> Model:
    """The body as a model. Raises InvalidSpec with a pointer to each refused field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InvalidSpec(_field_errors(error.errors(include_url=False))) from error


def problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Iterable[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document."""
    content = {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": shortened(detail),
        "instance": shortened(request.url.path),
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
    }
    if errors is not None:
        content["errors"] = [_shown(one) for one in islice(errors, _MOST_ERRORS)]
    # json.dumps writes ASCII alone, which whatever is quoted can be encoded in.
    return Response(json.dumps(content, allow_nan=False), status, headers=headers, media_type=PROBLEM_JSON)


def _shown(error: FieldError) -> dict[str, Any]:
    return {
        "pointer": shortened(error.pointer, MOST_GOT),
        "detail": shortened(error.detail),
        "code": error.code,
        "got": quoted(error.got),
    }


def install(app: FastAPI) -> None:
    """Answer every error as a problem; never with a traceback."""

    @app.exception_handler(SatnetError)
    async def _satnet(request: Request, error: SatnetError) -> Response:
        errors = error.errors or None if isinstance(error, InvalidSpec | BadRequest) else None
        headers = {"Retry-After": "2"} if isinstance(error, _PASSING) else None
        if isinstance(error, Unauthenticated):
            headers = {"WWW-Authenticate": "Bearer"}
        return problem(request, error.status, error.code, error.title, str(error), errors=errors, headers=headers)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        status, detail = error.status_code, str(error.detail)
        code, title = _FRAMEWORK.get(status, (f"http_{status}", detail))
        headers = dict(error.headers or {})
        if status == 405:
            headers["Allow"] = allowed_methods(app, request.scope)
            detail = f"{request.method} is not allowed here; allowed: {headers['Allow']}"
        return problem(request, status, code, title, detail, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        errors = _field_errors(error.errors())
        detail = "; ".join(f"{one.pointer[2:]}: {one.detail}" for one in errors)
        return problem(request, 400, BadRequest.code, BadRequest.title, detail, errors=errors)

    @app.exception_handler(ClientDisconnect)
    async def _gone(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001 - nobody hears it
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        named = getattr(request.state, "request_id", None)
        _log.error("%s %s failed (request %s)", request.method, quote(request.url.path), named, exc_info=error)
        return problem(request, 500, "internal_error", "Internal error", _UNEXPECTED)


def _field_errors(errors: Iterable[Any]) -> list[FieldError]:
    return [
        FieldError("#/" + "/".join(map(str, one["loc"])), one["msg"], one["type"], one.get("input")) for one in errors
    ]
