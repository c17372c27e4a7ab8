"""What a route declares of its answers: for the OpenAPI document alone, nothing is validated when it answers."""

from typing import Any

from api.errors import PROBLEM_JSON
from api.json import JsonObject
from api.openapi.problems import PROBLEMS

Answer = JsonObject
Answers = dict[int | str, Answer]
_BODY = (400, 413, 415, 422)


def json_answer(description: str, model: Any, *headers: str) -> Answer:
    """A JSON answer: a type (TypedDict or pydantic model) and the names of its headers."""
    return {"description": description, "model": model, "headers": header_references(headers)}


def file(description: str, media_type: str, *headers: str, binary: bool = False) -> Answer:
    """An answer that is not JSON."""
    schema = {"type": "string", "format": "binary"} if binary else {"type": "string"}
    content = {media_type: {"schema": schema}}
    return {"description": description, "content": content, "headers": header_references(headers)}


def empty(description: str, *headers: str) -> Answer:
    """An answer without a body."""
    return {"description": description, "headers": header_references(headers)}


def either(first: Answer, second: Answer) -> Answer:
    """One status with two media types."""
    return {**first, "content": second["content"]}


def problems(*statuses: int, body: bool = False, store: bool = True) -> Answers:
    """Errors as problem details: these, those of every route, of a JSON body, and of a store that is away."""
    every = {400, 403, 500, *statuses, *(_BODY if body else ()), *((503,) if store else ())}
    return {status: problem(status) for status in sorted(every)}


def problem(status: int) -> Answer:
    """The answer with one error status."""
    content = {"schema": schema_reference("Problem"), "example": PROBLEMS[status].example}
    return {"description": PROBLEMS[status].description, "content": {PROBLEM_JSON: content}}


def schema_reference(name: str) -> dict[str, str]:
    """A reference to a schema among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def header_references(headers: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """References to headers among the components, by name."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
