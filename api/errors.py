"""RFC 9457 problem details for every error, satnet's own and the framework's."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from satnet.errors import BadRequest, FieldError, InvalidSpec, SatnetError, StoreUnavailable, WorkerUnavailable

_log = logging.getLogger(__name__)
_TITLES = {404: "Not found", 405: "Method not allowed", 413: "The body is too large", 415: "JSON is needed"}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}


def problem(request: Request, status: int, code: str, title: str, detail: str, **more: Any) -> JSONResponse:
    """One problem document."""
    headers = more.pop("headers", None)
    content = {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
        **more,
    }
    return JSONResponse(content, status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error as a problem; never with a traceback."""

    @app.exception_handler(SatnetError)
    def _satnet(request: Request, error: SatnetError) -> JSONResponse:
        more: dict[str, Any] = {}
        if isinstance(error, InvalidSpec):
            more["errors"] = [one.as_dict() for one in error.errors]
        if isinstance(error, StoreUnavailable | WorkerUnavailable):
            more["headers"] = {"Retry-After": "2"}
        return problem(request, error.status, error.code, error.title, str(error), **more)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code
        code, title = _CODES.get(status, f"http_{status}"), _TITLES.get(status, str(error.detail))
        return problem(request, status, code, title, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            FieldError("#/" + "/".join(str(part) for part in one["loc"]), one["msg"], one["type"], one.get("input"))
            for one in error.errors()
        ]
        detail = "; ".join(f"{one.pointer[2:]}: {one.detail}" for one in errors)
        return problem(
            request, 400, BadRequest.code, BadRequest.title, detail, errors=[one.as_dict() for one in errors]
        )

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(
            request,
            500,
            "internal_error",
            "Internal error",
            "Something went wrong; the request id finds it in the log",
        )
