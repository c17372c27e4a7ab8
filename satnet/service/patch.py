"""JSON Patch (RFC 6902) of a spec, within bounds: a few `copy` operations may double a document again and again."""

import json
from collections.abc import Mapping

import jsonpatch
import jsonpointer
from pydantic import JsonValue

from satnet.errors import BadRequest, FieldError, InvalidSpec

MOST_OPERATIONS = 100
MOST_CHARACTERS = 262_144  # of the patched document as JSON; a POSTed spec has the same bound
_GROW = ("add", "copy", "replace")  # operations after which a document may be larger
_UNFIT = (  # what jsonpatch raises where an operation is malformed, or names a place that is not there
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def apply_patch(spec: Mapping[str, object], patch: object) -> dict[str, JsonValue]:
    """The patched spec, as plain JSON.

    Operations are applied one by one, so that a document that outgrows the bound is refused before the next one.

    Raises:
        BadRequest: `patch` is not a list of at most 100 objects.
        InvalidSpec: an operation does not apply, or the document becomes too large; the pointer names the operation.
    """
    if not isinstance(patch, list) or not all(isinstance(operation, dict) for operation in patch):
        raise BadRequest("patch: expected a JSON Patch, which is a list of operations")
    if len(patch) > MOST_OPERATIONS:
        raise BadRequest(f"patch: at most {MOST_OPERATIONS} operations are allowed, got {len(patch)}")
    document = json.loads(json.dumps(spec))
    size = _characters(document)
    for number, operation in enumerate(patch):
        try:
            added = _added(document, operation)
            if size + added <= MOST_CHARACTERS:
                document = jsonpatch.apply_patch(document, [operation], in_place=True)
        except _UNFIT as error:
            raise _refused(number, f"does not apply: {error}", "patch", operation) from error
        size += added  # what an operation removes is not subtracted: the sum bounds the work too
        if size > MOST_CHARACTERS:
            detail = f"the patched document has more than {MOST_CHARACTERS} characters of JSON"
            raise _refused(number, detail, "limit", operation)
    if not isinstance(document, dict):
        raise InvalidSpec([FieldError("#/patch", "the patched document must be an object", "type")])
    return document


def _added(document: JsonValue, operation: dict[str, JsonValue]) -> int:
    """Characters of JSON that an operation may add. Raises JsonPointerException."""
    if operation.get("op") == "copy":
        return _characters(jsonpointer.resolve_pointer(document, str(operation["from"])))
    return _characters(operation.get("value")) if operation.get("op") in _GROW else 0


def _characters(value: object) -> int:
    return len(json.dumps(value))


def _refused(number: int, detail: str, code: str, operation: dict[str, JsonValue]) -> InvalidSpec:
    got = {key: operation[key] for key in ("op", "path", "from") if isinstance(operation.get(key), str)}
    return InvalidSpec([FieldError(f"#/patch/{number}", detail, code, got)])
