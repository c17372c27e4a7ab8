"""The public document of an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from satnet.records.progress import first_progress
from satnet.records.schema import (
    Attempt,
    Environment,
    ExperimentDocument,
    FindingRecord,
    Parent,
    Progress,
    QueuePlace,
    SpecJson,
    StatusReason,
    Summary,
    Transition,
)
from satnet.records.status import TERMINAL, Status
from satnet.records.timestamps import timestamp

_LINKED = ("epochs", "units", "events", "findings", "script", "model", "pause", "resume", "cancel")


@dataclass
class ExperimentState:
    """An experiment as stored; times in ms."""

    id: str
    spec: SpecJson
    spec_sha256: str
    seed: int
    status: Status
    created_at: float
    name: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    kind: Literal["experiment", "external"] = "experiment"
    status_reason: StatusReason | None = None
    stop_reason: str | None = None
    message: str | None = None
    attempt: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)  # as Attempt, times in ms
    progress: Progress | None = None
    queue: QueuePlace | None = None
    started_at: float | None = None
    finished_at: float | None = None
    transitions: list[dict[str, Any]] = field(default_factory=list)  # as Transition, times in ms
    summary: Summary | None = None
    findings: list[FindingRecord] = field(default_factory=list)
    environment: Environment | None = None
    parent: Parent | None = None
    sweep: str | None = None
    owner: str | None = None


def to_document(state: ExperimentState) -> ExperimentDocument:
    """The public document."""
    path = f"/v1/experiments/{state.id}"
    return {
        "id": state.id,
        "object": "experiment",
        "kind": state.kind,
        "name": state.name,
        "labels": state.labels,
        "status": state.status,
        "is_terminal": state.status in TERMINAL,
        "status_reason": state.status_reason,
        "stop_reason": state.stop_reason,
        "message": state.message,
        "spec": state.spec,
        "spec_sha256": state.spec_sha256,
        "seed": state.seed,
        "attempt": state.attempt,
        "attempts": [cast(Attempt, _timed(one, "started_at", "ended_at")) for one in state.attempts],
        "progress": state.progress or first_progress(state.spec),
        "queue": state.queue,
        "created_at": timestamp(state.created_at),
        "started_at": timestamp(state.started_at),
        "finished_at": timestamp(state.finished_at),
        "transitions": [cast(Transition, _timed(one, "at")) for one in state.transitions],
        "summary": state.summary,
        "findings": state.findings,
        "environment": state.environment,
        "parent": state.parent,
        "sweep": state.sweep,
        "owner": state.owner,
        "links": {"self": path} | {name: f"{path}/{name}" for name in _LINKED},
    }


def _timed(content: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """`content` with these times, in ms, as timestamps."""
    return {**content, **{key: timestamp(content[key]) for key in keys if key in content}}
