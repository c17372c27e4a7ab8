"""Whether an answer is as the document says."""

from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema import Draft202012Validator

Document = dict[str, Any]


def operations(document: Document) -> dict[str, Document]:
    return {one["operationId"]: one for item in document["paths"].values() for one in item.values()}


def resolved(document: Document, part: Document) -> Document:
    """The part itself, or what it refers to."""
    if "$ref" not in part:
        return part
    for name in part["$ref"].removeprefix("#/").split("/"):
        document = document[name]
    return document


def described(document: Document, operation_id: str, status: int) -> Document | None:
    """What the document says of an operation's answer with this status."""
    response = operations(document)[operation_id]["responses"].get(str(status))
    return response and resolved(document, response)


def schema_faults(document: Document, schema: Document, value: Any) -> list[str]:
    """Why a value is not of a schema of the document."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def faults(document: Document, operation_id: str, response: httpx.Response) -> Iterator[str]:
    """Where an answer is not as the document says."""
    name = f"{operation_id} {response.status_code}"
    said = described(document, operation_id, response.status_code)
    if said is None:
        yield f"{name}: the document has no such status"
        return
    if "X-Request-Id" not in response.headers:
        yield f"{name}: no X-Request-Id"
    kind = response.headers.get("content-type", "").partition(";")[0]
    content = said.get("content", {})
    if bool(content) != bool(response.content) or (kind and response.content and kind not in content):
        yield f"{name}: {kind or 'no body'}, the document has {list(content)}"
    elif kind.endswith("json"):
        yield from (f"{name}: {fault}" for fault in schema_faults(document, content[kind]["schema"], response.json()))
