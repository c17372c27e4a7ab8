"""GET /openapi.json: FastAPI's document, with bodies, shared errors, headers and examples added."""

from collections.abc import Iterator
from typing import Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.access import PUBLIC
from api.errors import PROBLEM_JSON
from api.json import JsonObject
from api.openapi.answers import header_references, problem
from api.openapi.bodies import BODIES
from api.openapi.examples import add_examples
from api.openapi.headers import HEADERS
from api.openapi.problems import PROBLEMS, problem_name
from api.openapi.schemas import Problem
from api.openapi.tags import TAGS
from api.request_id import HEADER as REQUEST_ID

_AUTOMATIC = ("HTTPValidationError", "ValidationError")  # FastAPI's own form of a refusal, which is never sent
_KEY = "key"
_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `sat_...`. A service on loopback needs none until its first key is created.",
}
_VALIDATION: Literal["validation"] = "validation"


def openapi(app: FastAPI) -> JsonObject:
    """The document; built when it is asked for first."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def _build(app: FastAPI) -> JsonObject:
    tags = [{"name": name, "description": description} for name, description in TAGS.items()]
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=tags
    )
    components = document["components"]
    components["schemas"] = {
        name: schema for name, schema in components["schemas"].items() if name not in _AUTOMATIC
    } | body_schemas()
    components["headers"] = HEADERS
    components["responses"] = {problem_name(status): _problem(status) for status in PROBLEMS}
    components["securitySchemes"] = {_KEY: _SCHEME}
    for path, method, operation in _operations(document):
        if method != "get":  # whatever the route does with a body, it has to be JSON
            operation["responses"].setdefault("415", problem(415))
        if path not in PUBLIC:
            _need_key(operation)
        operation["responses"] = {
            status: _response(status, response)
            for status, response in sorted(operation["responses"].items())
            if not _is_automatic(response)
        }
        add_examples(operation)
    return document


def body_schemas() -> JsonObject:
    """The schemas of bodies and problems, with all that they refer to.

    Without defaults that are objects, which client generators refuse; what is in them stands at their own fields.
    """
    adapters = [TypeAdapter[object](model) for model in (*BODIES, Problem)]
    inputs = [(number, _VALIDATION, adapter) for number, adapter in enumerate(adapters)]
    _, definitions = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
    return {name: _without_object_defaults(schema) for name, schema in definitions["$defs"].items()}


def _without_object_defaults(schema: JsonObject) -> JsonObject:
    properties = schema.get("properties", {})
    kept = {name: _without_object_default(one) for name, one in properties.items()}
    return {**schema, "properties": kept} if kept else schema


def _without_object_default(schema: JsonObject) -> JsonObject:
    return {key: value for key, value in schema.items() if key != "default" or not isinstance(value, dict)}


def _operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _need_key(operation: JsonObject) -> None:
    """What all operations share for which a key may be needed; whether it is takes the store to know."""
    operation["security"] = [{_KEY: []}]
    operation["responses"] |= {str(status): problem(status) for status in (401, 403, 503)}


def _problem(status: int) -> JsonObject:
    more = {401: ("WWW-Authenticate",), 503: ("Retry-After",)}
    names = (REQUEST_ID, *more.get(status, ()))
    return {**problem(status), "headers": header_references(names)}


def _response(status: str, response: JsonObject) -> JsonObject:
    """The answer with what all share; a problem is referred to."""
    if PROBLEM_JSON in response.get("content", {}):
        return {"$ref": f"#/components/responses/{problem_name(int(status))}"}
    return {**response, "headers": {**response.get("headers", {}), **header_references((REQUEST_ID,))}}


def _is_automatic(response: JsonObject) -> bool:
    return any(f"#/components/schemas/{name}" in str(response.get("content")) for name in _AUTOMATIC)
