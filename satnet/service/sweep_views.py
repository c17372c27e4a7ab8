"""What a sweep answers: its document, its trials as rows, its best point, the parameters' importance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from satnet.errors import BadRequest
from satnet.records.status import TERMINAL
from satnet.records.timestamps import timestamp
from satnet.service.sweep_steps import load, points_of
from satnet.store import Store
from satnet.store.sweeps import StoredSweep
from satnet.store.trials import StoredTrial
from satnet.sweeps.importance import importances
from satnet.sweeps.points import shown
from satnet.sweeps.ranking import Point, verdict
from satnet.sweeps.spec import SweepSpec

_FEW_POINTS = 30  # below which importances are mostly noise


def brief(stored: StoredSweep) -> dict[str, Any]:
    """A sweep without its trials."""
    here = f"/v1/sweeps/{stored.id}"
    return {
        "id": stored.id,
        "object": "sweep",
        "name": stored.name,
        "status": stored.status,
        "is_terminal": stored.status in TERMINAL,
        "spec": stored.spec,
        "created_at": timestamp(stored.created_at),
        "finished_at": timestamp(stored.finished_at),
        "links": {"self": here, "experiments": f"/v1/experiments?sweep={stored.id}"}
        | {
            key: f"{here}/{key}"
            for key in ("trials", "best", "importance", "cancel", "pause", "resume", "rerun-failed")
        },
    }


def document(store: Store, sweep_id: str) -> dict[str, Any]:
    """A sweep with its progress and the best point so far. Raises NotFound."""
    stored = store.sweep(sweep_id)
    sweep, points, trials = load(stored.spec), store.points(sweep_id), store.trials(sweep_id)
    invalid = sum(bool(one.get("errors")) for one in points.values())
    expected = (sweep.points - invalid) * sweep.repeats
    counts = Counter(trial.status for trial in trials)
    over = sum(counts[status] for status in (*TERMINAL, "deleted"))
    told = {
        "points": sweep.points,
        "invalid_points": invalid,
        "trials": expected,
        **{status: counts[status] for status in ("queued", "running", "paused", *TERMINAL)},
        "reused": sum(trial.reused for trial in trials),
        "epochs": sum((trial.objective or {}).get("epochs") or 0 for trial in trials if not trial.reused),
        "fraction": over / expected if expected else 1.0,
        "eta_s": _eta(stored, trials, expected - over),
    }
    answer = verdict(_points(sweep, points, trials), sweep.objective.sign)
    leader = answer["best"] and {key: answer["best"][key] for key in ("point", "parameters", "value", "interval")}
    return brief(stored) | {"progress": told, "best": leader, "verdict": answer["verdict"]}


def _eta(stored: StoredSweep, trials: Sequence[StoredTrial], left: int) -> float | None:
    """Seconds until the end at the pace so far; None before the first trial is over."""
    ends = [trial.finished_at for trial in trials if trial.finished_at and not trial.reused]
    if not left or stored.status not in ("running", "paused"):
        return 0.0
    return round((max(ends) - stored.created_at) / 1000 / len(ends) * left, 1) if ends else None


def _points(sweep: SweepSpec, points: dict[int, dict[str, Any]], trials: Sequence[StoredTrial]) -> list[Point]:
    """As `points_of`, with parameters as tables show them."""
    told = {
        number: one | {"parameters": {pointer: shown(value) for pointer, value in one["parameters"].items()}}
        for number, one in points.items()
    }
    return points_of(sweep, told, trials)


def trial_rows(store: Store, sweep_id: str, status: str | None, sort: str) -> list[dict[str, Any]]:
    """One row a trial, and one a point that is no valid spec; without a value behind those with one."""
    store.sweep(sweep_id)  # NotFound, where there is none
    points = store.points(sweep_id)
    rows = [_row(points[trial.point], trial) for trial in store.trials(sweep_id)]
    rows += [
        {"point": number, "repeat": None, "experiment": None, "status": "invalid"}
        | _parameters(one)
        | {"errors": one["errors"]}
        for number, one in points.items()
        if one.get("errors")
    ]
    if status is not None:
        known = {"invalid", "deleted", "queued", "running", "paused", *TERMINAL}
        if status not in known:
            raise BadRequest(f"status: one of {', '.join(sorted(known))} is needed, got {status!r}")
        rows = [row for row in rows if row["status"] == status]
    key = sort.removeprefix("-")
    if key == "trial":
        return sorted(rows, key=lambda row: (row["point"], row["repeat"] or 0))
    sign = -1.0 if sort.startswith("-") else 1.0
    return sorted(rows, key=lambda row: (row.get(key) is None, sign * (row.get(key) or 0.0)))


def _parameters(point: Mapping[str, Any]) -> dict[str, Any]:
    return {"parameters": {pointer: shown(value) for pointer, value in point["parameters"].items()}}


def _row(point: Mapping[str, Any], trial: StoredTrial) -> dict[str, Any]:
    told = trial.objective or {}
    return {
        "point": trial.point,
        "repeat": trial.repeat,
        "experiment": trial.experiment,
        "status": trial.status,
        **_parameters(point),
        "value": told.get("value"),
        "epoch": told.get("epoch"),
        "epochs": told.get("epochs"),
        "seed": trial.seed,
        "stop_reason": trial.stop_reason,
        "reason": trial.reason,
        "reused": trial.reused,
        "seconds": told.get("seconds"),
        "metrics": told.get("row"),
    }


def flat_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for CSV."""
    told = {key: row[key] for key in row if key not in ("parameters", "metrics", "reason", "errors")}
    told |= row["parameters"] | (row.get("metrics") or {})
    told["reason"] = (row.get("reason") or {}).get("code")
    return told


def best(store: Store, sweep_id: str) -> dict[str, Any]:
    """The verdict, and the experiments behind the best point."""
    sweep, trials = load(store.sweep(sweep_id).spec), store.trials(sweep_id)
    answer = verdict(_points(sweep, store.points(sweep_id), trials), sweep.objective.sign)
    number = answer["best"] and answer["best"]["point"]
    mine = [trial.experiment for trial in trials if trial.point == number]
    objective = sweep.objective.model_dump()
    open_ = sum(trial.status not in (*TERMINAL, "deleted") for trial in trials)
    return {"objective": objective, "trials_open": open_, **answer, "experiments": mine}


def importance(store: Store, sweep_id: str, method: str) -> dict[str, Any]:
    """Parameter -> share of the objective's variance, largest first, and a warning where points are few."""
    sweep = load(store.sweep(sweep_id).spec)
    measured = [one for one in points_of(sweep, store.points(sweep_id), store.trials(sweep_id)) if one.values]
    shares = importances(sweep, measured, method)
    warning = None
    if not shares:
        warning = "fewer than two points with different values"
    elif len(measured) < _FEW_POINTS:
        warning = f"{len(measured)} points: importances from fewer than {_FEW_POINTS} are mostly noise"
    data = [{"parameter": pointer, "importance": share} for pointer, share in shares.items()]
    return {"data": data, "points": len(measured), "warning": warning, "method": method}
