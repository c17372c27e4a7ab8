"""What the API tells of a sweep: its document, its trials as rows, its best point, the parameters' importance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from satnet.errors import BadRequest
from satnet.records.schema import (
    BestAnswer,
    ImportanceAnswer,
    Leader,
    Parameters,
    StoredPoint,
    SweepBrief,
    SweepDocument,
    SweepProgress,
    TrialRow,
)
from satnet.records.status import TERMINAL
from satnet.records.timestamps import timestamp
from satnet.service.sweep_points import load, points_of
from satnet.store import Store
from satnet.store.sweeps import StoredSweep
from satnet.store.trials import StoredTrial
from satnet.sweeps.importance import importances
from satnet.sweeps.points import shown
from satnet.sweeps.ranking import Point, verdict
from satnet.sweeps.spec import SweepSpec

_FEW_POINTS = 30  # below which importances are mostly noise
_LINKED = ("trials", "best", "importance", "cancel", "pause", "resume", "rerun-failed")
_OVER = (*TERMINAL, "deleted")


def brief(stored: StoredSweep) -> SweepBrief:
    """A sweep without its trials."""
    path = f"/v1/sweeps/{stored.id}"
    links = {"self": path, "experiments": f"/v1/experiments?sweep={stored.id}"}
    return {
        "id": stored.id,
        "object": "sweep",
        "name": stored.name,
        "status": stored.status,
        "is_terminal": stored.status in TERMINAL,
        "status_reason": stored.status_reason,
        "spec": stored.spec,
        "created_at": timestamp(stored.created_at),
        "finished_at": timestamp(stored.finished_at),
        "owner": stored.owner,
        "links": links | {name: f"{path}/{name}" for name in _LINKED},
    }


def document(store: Store, sweep_id: str) -> SweepDocument:
    """A sweep with its progress and the best point so far. Raises NotFound."""
    stored = store.sweep(sweep_id)
    sweep, points, trials = load(stored.spec), store.points(sweep_id), store.trials(sweep_id)
    ranking = verdict(_shown_points(sweep, points, trials), sweep.objective.sign)
    best, leader = ranking["best"], None
    if best is not None:
        leader = Leader(
            point=best["point"], parameters=best["parameters"], value=best["value"], interval=best["interval"]
        )
    return {
        **brief(stored),
        "progress": _progress(stored, sweep, points, trials),
        "best": leader,
        "verdict": ranking["verdict"],
    }


def _progress(
    stored: StoredSweep, sweep: SweepSpec, points: Mapping[int, StoredPoint], trials: Sequence[StoredTrial]
) -> SweepProgress:
    invalid = sum("errors" in point for point in points.values())
    expected = (sweep.points - invalid) * sweep.repeats
    counts = Counter[str](trial.status for trial in trials)
    over = sum(counts[status] for status in _OVER)
    return {
        "points": sweep.points,
        "invalid_points": invalid,
        "trials": expected,
        "queued": counts["queued"],
        "running": counts["running"],
        "paused": counts["paused"],
        "succeeded": counts["succeeded"],
        "failed": counts["failed"],
        "cancelled": counts["cancelled"],
        "reused": sum(trial.reused for trial in trials),
        "epochs": sum(trial.objective["epochs"] for trial in trials if trial.objective and not trial.reused),
        "fraction": over / expected if expected else 1.0,
        "eta_s": _eta(stored, trials, expected - over),
    }


def _eta(stored: StoredSweep, trials: Sequence[StoredTrial], left: int) -> float | None:
    """Seconds until the end at the pace so far; None before the first trial is over."""
    ends = [trial.finished_at for trial in trials if trial.finished_at and not trial.reused]
    if not left or stored.status not in ("running", "paused"):
        return 0.0
    return round((max(ends) - stored.created_at) / 1000 / len(ends) * left, 1) if ends else None


def _shown(point: StoredPoint) -> Parameters:
    """A point's parameters as tables show them."""
    return {pointer: shown(value) for pointer, value in point["parameters"].items()}


def _shown_points(sweep: SweepSpec, points: Mapping[int, StoredPoint], trials: Sequence[StoredTrial]) -> list[Point]:
    shown_points = {number: StoredPoint(parameters=_shown(point)) for number, point in points.items()}
    return points_of(sweep, shown_points, trials)


def trial_rows(store: Store, sweep_id: str, status: str | None, sort: str) -> list[TrialRow]:
    """One row a trial, and one a point that is no valid spec; sorted by a number, rows without it come last."""
    store.sweep(sweep_id)  # NotFound, where there is none
    points = store.points(sweep_id)
    rows = [_row(points[trial.point], trial) for trial in store.trials(sweep_id)]
    rows += [_invalid_row(number, point) for number, point in points.items() if "errors" in point]
    if status is not None:
        known = {"invalid", "deleted", "queued", "running", "paused", *TERMINAL}
        if status not in known:
            raise BadRequest(f"status: expected one of {', '.join(sorted(known))}, got {status!r}")
        rows = [row for row in rows if row["status"] == status]
    by_value, sign = sort.removeprefix("-") == "value", -1.0 if sort.startswith("-") else 1.0

    def order(row: TrialRow) -> tuple[bool, float]:
        number = row.get("value") if by_value else row.get("seconds")
        return number is None, sign * (number or 0.0)

    if sort == "trial":
        return sorted(rows, key=lambda row: (row["point"], row["repeat"] or 0))
    return sorted(rows, key=order)


def _invalid_row(number: int, point: StoredPoint) -> TrialRow:
    return {
        "point": number,
        "repeat": None,
        "experiment": None,
        "status": "invalid",
        "parameters": _shown(point),
        "errors": point["errors"],
    }


def _row(point: StoredPoint, trial: StoredTrial) -> TrialRow:
    objective = trial.objective
    return {
        "point": trial.point,
        "repeat": trial.repeat,
        "experiment": trial.experiment,
        "status": trial.status,
        "parameters": _shown(point),
        "value": objective and objective["value"],
        "epoch": objective and objective["epoch"],
        "epochs": objective and objective["epochs"],
        "seed": trial.seed,
        "stop_reason": trial.stop_reason,
        "reason": trial.reason,
        "reused": trial.reused,
        "seconds": objective and objective["seconds"],
        "metrics": objective and objective["row"],
    }


def flat_row(row: TrialRow) -> dict[str, object]:
    """A row for CSV."""
    nested = ("parameters", "metrics", "reason", "errors")
    columns: dict[str, object] = {key: value for key, value in row.items() if key not in nested}
    columns |= row["parameters"] | (row.get("metrics") or {})
    reason = row.get("reason")
    columns["reason"] = reason and reason["code"]
    return columns


def best(store: Store, sweep_id: str) -> BestAnswer:
    """The verdict, and the experiments behind the best point."""
    sweep, trials = load(store.sweep(sweep_id).spec), store.trials(sweep_id)
    ranking = verdict(_shown_points(sweep, store.points(sweep_id), trials), sweep.objective.sign)
    number = ranking["best"] and ranking["best"]["point"]
    goal = sweep.objective
    return {
        "objective": {"metric": goal.metric, "mode": goal.mode, "at": goal.at},
        "trials_open": sum(trial.status not in _OVER for trial in trials),
        "verdict": ranking["verdict"],
        "message": ranking["message"],
        "best": ranking["best"],
        "runners_up": ranking["runners_up"],
        "indistinguishable": ranking["indistinguishable"],
        "experiments": [trial.experiment for trial in trials if trial.point == number],
    }


def importance(store: Store, sweep_id: str, method: Literal["fanova", "ped_anova"]) -> ImportanceAnswer:
    """Parameter -> share of the objective's variance, largest first, and a warning where points are few."""
    sweep = load(store.sweep(sweep_id).spec)
    measured = [one for one in points_of(sweep, store.points(sweep_id), store.trials(sweep_id)) if one.values]
    shares = importances(sweep, measured, method)
    warning = None
    if not shares:
        warning = "fewer than two points with different values"
    elif len(measured) < _FEW_POINTS:
        warning = f"{len(measured)} points: importances from fewer than {_FEW_POINTS} are mostly noise"
    return {
        "data": [{"parameter": pointer, "importance": share} for pointer, share in shares.items()],
        "points": len(measured),
        "warning": warning,
        "method": method,
    }
