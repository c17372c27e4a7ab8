"""The error statuses, when each is answered, and one example of each."""

from dataclasses import dataclass
from http import HTTPStatus

from api.json import JsonObject

_PATH = "/v1/experiments/exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"


@dataclass(frozen=True)
class ProblemStatus:
    """One error status."""

    description: str
    example: JsonObject


def _example(status: int, code: str, title: str, detail: str, path: str = _PATH, **more: object) -> JsonObject:
    return {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
        "code": code,
        "request_id": "req_4f1c2b7a9d3e5f60",
        **more,
    }


_REFUSED = {
    "pointer": "#/loss",
    "detail": "Input should be 'mean_squared_error', 'mean_absolute_error', 'huber', 'binary_crossentropy' or "
    "'categorical_crossentropy'",
    "code": "literal_error",
    "got": "mse",
}
PROBLEMS = {
    400: ProblemStatus(
        "A query parameter, a header or the body's JSON is not valid; `detail` names it.",
        _example(400, "bad_request", "The request is not valid", "unknown query parameter colour; allowed: none"),
    ),
    401: ProblemStatus(
        "A key is needed, and none came that is valid.",
        _example(401, "unauthenticated", "A key is needed", "the key is not valid: it is unknown, revoked or expired"),
    ),
    403: ProblemStatus(
        "The Host header names another service, a page of another site asks for a change, or the key's scopes do not "
        "allow this.",
        _example(
            403,
            "unknown_host",
            "Not a name of this service",
            "Host: train.example.net is no name of this service; set SATNET_ALLOWED_HOSTS to the names under which it "
            "may be reached",
        ),
    ),
    404: ProblemStatus(
        "Nothing has this id, or what was asked for is not kept.",
        _example(404, "not_found", "Not found", "there is no experiment exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"),
    ),
    409: ProblemStatus(
        "The current status does not allow this.",
        _example(
            409,
            "conflict_state",
            "Not allowed in this status",
            "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD is running: only a succeeded experiment has a model",
            f"{_PATH}/model",
        ),
    ),
    410: ProblemStatus(
        "What this Idempotency-Key stands for was deleted, or has expired.",
        _example(
            410,
            "gone",
            "It was deleted",
            "this key was used for exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD, which was deleted or has expired: a new one needs "
            "another key",
            "/v1/experiments",
        ),
    ),
    413: ProblemStatus(
        "The body is larger than the service accepts (`SATNET_MAX_BODY_BYTES`).",
        _example(413, "body_too_large", "The body is too large", "the body may have at most 262144 bytes"),
    ),
    415: ProblemStatus(
        "The body's Content-Type is not `application/json`.",
        _example(415, "unsupported_media_type", "JSON is needed", "Content-Type must be application/json"),
    ),
    416: ProblemStatus(
        "`Range` begins after the end of the file.",
        _example(
            416,
            "range_not_satisfiable",
            "The file has no such part",
            "Range: the file has 30211 bytes",
            f"{_PATH}/model",
        ),
    ),
    422: ProblemStatus(
        "The body is refused; `errors` names each field. Or the Idempotency-Key came before with another body.",
        _example(
            422,
            "invalid_spec",
            "The experiment spec is not valid",
            f"{_REFUSED['pointer']}: {_REFUSED['detail']}",
            "/v1/experiments",
            errors=[_REFUSED],
        ),
    ),
    429: ProblemStatus(
        "Too much is queued, running or stored (`quota_exceeded`), or this client has too many event streams and waits "
        "open (`too_many_open`); try again after `Retry-After` seconds.",
        _example(
            429,
            "too_many_open",
            "Too many event streams and waits",
            "you have 1000 event streams and waits open, which is the most allowed",
            f"{_PATH}/events",
        ),
    ),
    500: ProblemStatus(
        "The service failed; its log has the cause under the `request_id`.",
        _example(
            500,
            "internal_error",
            "Internal error",
            "Something went wrong; the log has the cause under this request id",
        ),
    ),
    503: ProblemStatus(
        "The store, or a worker that is needed, is not available; try again after `Retry-After` seconds.",
        _example(503, "store_unavailable", "The store is not available", "Redis cannot be reached"),
    ),
}


def problem_name(status: int) -> str:
    """The name of an error status among the document's components."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.split())
