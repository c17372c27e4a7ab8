"""One example for each body and answer, taken from a running service; see tests/api/openapi/walk.py."""

import json
from functools import cache
from importlib import resources

from api.json import JsonObject

EXAMPLES = resources.files("api.openapi") / "examples"


@cache
def examples_of(operation_id: str) -> JsonObject:
    """`request`, and `responses` by status; empty where there are none."""
    file = EXAMPLES / f"{operation_id}.json"
    content: JsonObject = json.loads(file.read_text()) if file.is_file() else {}
    return content


def add_examples(operation: JsonObject) -> None:
    """Put an operation's examples into its body and its answers."""
    examples = examples_of(operation["operationId"])
    if "request" in examples:
        operation["requestBody"]["content"]["application/json"]["example"] = examples["request"]
    for status, by_media_type in examples.get("responses", {}).items():
        for media_type, example in by_media_type.items():
            operation["responses"][status]["content"][media_type]["example"] = example
