"""The public document of an experiment, from its hash."""

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from satnet.records.document import ExperimentState, to_document
from satnet.records.schema import ExperimentDocument, QueuePlace
from satnet.records.status import Status
from satnet.store.waiting import Waiting

_TIMES = ("created_at", "started_at", "finished_at")
_JSON = ("labels", "spec", "status_reason", "summary", "findings", "environment", "parent")
FIELDS = (  # of the hash, that the document needs; workers have more in it
    *("status", "version", "kind", "name", "spec_sha256", "seed", "priority", "keep", "queue", "dataset", "sweep"),
    "owner",
    *("attempt", "attempts", "open_attempt", "flag", "stop_reason", "progress", "transitions"),
    *_TIMES,
    *_JSON,
)


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line]


def public_document(experiment_id: str, stored: Mapping[str, str], waiting: Waiting | None) -> ExperimentDocument:
    """What users see; `waiting`: of a queued experiment."""
    parsed: dict[str, Any] = {key: json.loads(stored[key]) if stored.get(key) else None for key in _JSON}
    attempts = _lines(stored["attempts"])
    if stored.get("open_attempt"):
        attempts.append(json.loads(stored["open_attempt"] + "}"))
    status = stored["status"]
    queue: QueuePlace | None = None
    message = None
    if waiting is not None:
        queue, message = {"position": waiting.position, "eta_s": waiting.eta_s}, waiting.message
    elif status == "running" and stored.get("flag"):
        message = {"cancel": "is being cancelled", "pause": "is being paused"}[stored["flag"]]
    parsed["labels"], parsed["findings"] = parsed["labels"] or {}, parsed["findings"] or []
    if parsed["spec"]:  # what PATCH changed shows in the spec too
        parsed["spec"] |= {
            "name": stored["name"] or None,
            "labels": parsed["labels"],
            "priority": int(stored["priority"]),
        }
        if stored["kind"] != "external":
            parsed["spec"]["keep"] = stored["keep"] == "1"
    return to_document(
        ExperimentState(
            id=experiment_id,
            status=cast(Status, status),
            kind=cast(Literal["experiment", "external"], stored["kind"]),
            name=stored["name"] or None,
            spec_sha256=stored["spec_sha256"],
            seed=int(stored["seed"]),
            stop_reason=stored.get("stop_reason") or None,
            message=message,
            sweep=stored.get("sweep") or None,
            owner=stored.get("owner") or None,
            attempt=int(stored["attempt"]),
            attempts=attempts,
            progress=json.loads(stored["progress"]) if stored.get("progress") else None,
            queue=queue,
            transitions=_lines(stored["transitions"]),
            **{key: float(stored[key]) if stored.get(key) else None for key in _TIMES},  # type: ignore[arg-type]  # created_at is always there
            **parsed,
        )
    )
