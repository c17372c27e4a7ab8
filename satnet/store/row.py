"""The row of an experiment in a list, from the small fields of its hash."""

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from satnet.records.progress import first_progress
from satnet.records.schema import ExperimentRow, FindingLine, Progress, QueuePlace, RowSummary
from satnet.records.status import TERMINAL, Status
from satnet.records.timestamps import timestamp
from satnet.store.waiting import Waiting

ROW_FIELDS = (
    *("status", "kind", "name", "labels", "dataset", "queue", "sweep", "owner", "status_reason", "stop_reason"),
    *("progress", "plan", "created_at", "started_at", "finished_at", "summary", "findings", "parent"),
)


def brief_row(experiment_id: str, stored: Mapping[str, str], waiting: Waiting | None) -> ExperimentRow:
    """What a list says of one experiment; `waiting`: of a queued one."""
    parent = _json(stored, "parent")
    queue: QueuePlace | None = None
    if waiting is not None:
        queue = {"position": waiting.position, "eta_s": waiting.eta_s}
    return {
        "id": experiment_id,
        "object": "experiment",
        "kind": cast(Literal["experiment", "external"], stored["kind"]),
        "name": stored["name"] or None,
        "labels": _json(stored, "labels") or {},
        "status": cast(Status, stored["status"]),
        "is_terminal": stored["status"] in TERMINAL,
        "status_reason": _json(stored, "status_reason"),
        "stop_reason": stored.get("stop_reason") or None,
        "dataset": stored.get("dataset") or None,
        "progress": _progress(stored),
        "queue": queue,
        "created_at": timestamp(float(stored["created_at"])),
        "started_at": _time(stored, "started_at"),
        "finished_at": _time(stored, "finished_at"),
        "sweep": stored.get("sweep") or None,
        "parent": {"experiment": parent["experiment"], "role": parent["role"]} if parent else None,
        "owner": stored.get("owner") or None,
        "summary": _summary(_json(stored, "summary")),
        "findings": [_line(one) for one in _json(stored, "findings") or ()],
        "links": {"self": f"/v1/experiments/{experiment_id}"},
    }


def _json(stored: Mapping[str, str], name: str) -> Any:
    return json.loads(stored[name]) if stored.get(name) else None


def _time(stored: Mapping[str, str], name: str) -> str | None:
    return timestamp(float(stored[name])) if stored.get(name) else None


def _progress(stored: Mapping[str, str]) -> Progress:
    """As measured; before, as planned. What an older version stored has its plan in the spec alone."""
    known: Progress | None = _json(stored, "progress") or _json(stored, "plan")
    return known or first_progress(json.loads(stored["spec"]))


def _summary(summary: Mapping[str, Any] | None) -> RowSummary | None:
    return None if summary is None else {"final": summary.get("final"), "best": summary.get("best")}


def _line(finding: Mapping[str, Any]) -> FindingLine:
    return {"id": finding["id"], "rule": finding["rule"], "severity": finding["severity"]}
