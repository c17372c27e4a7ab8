"""What the service knows of an experiment: its public document and its summary."""

import math
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from satnet.records.folds import over_folds

TERMINAL = ("succeeded", "failed", "cancelled")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str = "exp_") -> str:
    """An id that sorts by time: 48 bits of milliseconds and 80 random ones in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return prefix + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def timestamp(milliseconds: float | None) -> str | None:
    """RFC 3339 in UTC."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_safe(value: Any) -> Any:
    """The same value with null where JSON has no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: json_safe(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(content) for content in value]
    return value


@dataclass
class ExperimentState:
    """An experiment as stored; times in ms."""

    id: str
    spec: dict[str, Any]
    spec_sha256: str
    seed: int
    status: str
    created_at: float
    name: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    kind: str = "experiment"
    status_reason: dict[str, Any] | None = None
    stop_reason: str | None = None
    message: str | None = None
    attempt: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)
    progress: dict[str, Any] = field(default_factory=dict)
    queue: dict[str, Any] | None = None
    started_at: float | None = None
    finished_at: float | None = None
    transitions: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    environment: dict[str, Any] | None = None
    parent: dict[str, Any] | None = None
    sweep: str | None = None


def first_progress(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Progress before anything ran."""
    folds = (spec.get("cross_validation") or {}).get("folds")
    epochs = spec["training"]["epochs"]
    return {"epoch": 0, "epochs": epochs, "fold": None, "folds": folds, "fraction": 0.0, "eta_s": None}


def progress_at(spec: Mapping[str, Any], record: Mapping[str, Any], elapsed: float) -> dict[str, Any]:
    """Progress after a record; the remaining time once three epochs were timed."""
    progress = first_progress(spec)
    fold, epoch, epochs = record["fold"], record["epoch"], progress["epochs"]
    done = (fold or 0) * epochs + epoch
    whole = epochs * (progress["folds"] or 1)
    eta = elapsed / done * (whole - done) if done >= 3 else None
    return progress | {"epoch": epoch, "fold": fold, "fraction": done / whole, "eta_s": eta}


def to_document(state: ExperimentState) -> dict[str, Any]:
    """The public document, CONTRACT section 2."""
    here = f"/v1/experiments/{state.id}"
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
        "attempts": [_timed(one, "started_at", "ended_at") for one in state.attempts],
        "progress": state.progress or first_progress(state.spec),
        "queue": state.queue,
        "created_at": timestamp(state.created_at),
        "started_at": timestamp(state.started_at),
        "finished_at": timestamp(state.finished_at),
        "transitions": [_timed(one, "at") for one in state.transitions],
        "summary": state.summary,
        "findings": state.findings,
        "environment": state.environment,
        "parent": state.parent,
        "sweep": state.sweep,
        "links": {"self": here}
        | {
            key: f"{here}/{key}"
            for key in ("epochs", "units", "events", "findings", "script", "model", "pause", "resume", "cancel")
        },
    }


def _timed(item: dict[str, Any], *keys: str) -> dict[str, Any]:
    return item | {key: timestamp(item[key]) for key in keys if key in item}


def worst_saturation(record: Mapping[str, Any]) -> float | None:
    """The largest saturated_fraction of a record's layers."""
    values = [layer["saturated_fraction"] for layer in record["layers"] if layer["saturated_fraction"] is not None]
    return max(values, default=None)


def headline(record: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says of a record."""
    told = {key: record[key] for key in ("epoch", "fold", "train", "validation", "seconds")}
    return told | {"worst_saturated_fraction": worst_saturation(record)}


_PER_LAYER = (
    "saturated_fraction",
    "saturated_unit_fraction",
    "dead_unit_fraction",
    "inactive_fraction",
    "gate",
)


def summarise(records: Iterable[Mapping[str, Any]], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Final and best metrics, seconds, and per layer the saturation at epoch 0 and at the end.

    With folds these are of the last fold, `best` and `seconds` excepted; `folds` has each fold's own, with what `extra`
    tells of it, and `cross_validation` what they say together.
    """
    records, extra = list(records), dict(extra)
    summary: dict[str, Any] = {"final": None, "best": None, "seconds": 0.0, "layers": []}
    if records:
        by_fold: dict[Any, list[Mapping[str, Any]]] = {}
        for record in records:
            by_fold.setdefault(record["fold"], []).append(record)
        summary = _ends(by_fold[records[-1]["fold"]])
        if None not in by_fold:
            told = {one["fold"]: one for one in extra.pop("folds", [])}
            folds = [{"fold": fold} | _ends(part) | told.get(fold, {}) for fold, part in by_fold.items()]
            over = folds if told else folds[:-1]  # one that was cut brings the others' means nothing
            summary |= {"folds": folds, "cross_validation": over_folds(over)}
        summary |= {"best": _best(records), "seconds": sum(record["seconds"] for record in records)}
    return summary | extra


def _ends(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = records[0], records[-1]
    return {
        "final": {key: last[key] for key in ("epoch", "train", "validation")},
        "best": _best(records),
        "seconds": sum(record["seconds"] for record in records),
        "layers": [
            {
                "name": start["name"],
                "activation": start["activation"],
                "units": start["units"],
                "epoch_0": {key: start[key] for key in _PER_LAYER},
                "final": {key: end[key] for key in _PER_LAYER},
            }
            for start, end in zip(first["layers"], last["layers"], strict=True)
        ],
    }


def _best(records: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The epoch with the smallest validation loss."""
    finite = [record for record in records if record["validation"]["loss"] is not None]
    if not finite:
        return None
    best = min(finite, key=lambda record: float(record["validation"]["loss"]))
    return {key: best[key] for key in ("epoch", "fold", "train", "validation")}
