"""Headers of answers."""

from api.json import JsonObject


def _header(description: str, example: str | int) -> JsonObject:
    kind = "integer" if isinstance(example, int) else "string"
    return {"description": description, "schema": {"type": kind}, "example": example}


HEADERS = {
    "X-Request-Id": _header(
        "Names this request in errors and in the service's log.",
        "req_4f1c2b7a9d3e5f60",
    ),
    "WWW-Authenticate": _header("How to authenticate.", "Bearer"),
    "ETag": _header(
        "The document's version. Send it as `If-None-Match` to get 304 while nothing has changed.",
        '"exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD-7"',
    ),
    "Location": _header("Path of what was created.", "/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"),
    "Retry-After": _header("Seconds to wait before asking again; absent when the experiment is over.", 1),
    "Preference-Applied": _header("The preference that was honoured.", "wait=10"),
    "Content-Disposition": _header(
        "The suggested file name.", 'attachment; filename="exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD.keras"'
    ),
    "Cache-Control": _header("Streams and new keys are not to be cached.", "no-cache"),
}
