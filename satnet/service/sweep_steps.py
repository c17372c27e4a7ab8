"""Taking a sweep one step on. No process owns one: whoever finishes a trial does it, and the housekeeping of all."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from satnet.errors import Conflict, InvalidSpec, NotFound
from satnet.records.status import TERMINAL
from satnet.service.submission import submit
from satnet.settings import Settings
from satnet.spec import ExperimentSpec
from satnet.store import Store
from satnet.store.trials import StoredTrial
from satnet.sweeps.early import ENDED_EARLY
from satnet.sweeps.objective import outcome
from satnet.sweeps.ranking import Point
from satnet.sweeps.search import Told, next_points
from satnet.sweeps.spec import SweepSpec
from satnet.sweeps.stacking import group_of

_log = logging.getLogger(__name__)
_PAUSE = 0.02  # seconds between two questions whose turn it is
PATIENCE = 1.0  # of whoever changed something that the sweep shall act on
Wake = Callable[[str], None]


def advance(store: Store, settings: Settings, sweep_id: str, wake: Wake, patience: float = 0.0) -> bool:
    """Submit what is to be tried next, stop what is to be stopped, or end the sweep.

    Every step may be repeated, and cut anywhere: what it decides follows from what is stored, and a trial's place in
    the sweep is taken by the same script that stores the trial.

    Args:
        store: of the sweep.
        settings: for what is submitted.
        sweep_id: the sweep's.
        wake: called with each queue that got something.
        patience: seconds to wait for a turn while another process has it.

    Returns:
        False if another process had it all the time; the next housekeeping takes the step then.
    """
    until = time.monotonic() + patience
    while True:
        with store.sweep_turn(sweep_id) as mine:
            if mine:
                with contextlib.suppress(NotFound):  # it expired meanwhile
                    _Step(store, settings, sweep_id, wake).take()
                return True
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)


def look_after_sweeps(store: Store, settings: Settings, wake: Wake) -> None:
    """One step for each sweep that is not over; one that cannot take it keeps no other from taking its own."""
    for sweep_id in store.open_sweeps():
        try:
            advance(store, settings, sweep_id, wake)
        except Exception as error:  # noqa: BLE001 - the store is full, the broker away, or this sweep is broken
            _log.warning("sweep %s: %s: %s", sweep_id, type(error).__name__, error)


def wake_workers(store: Store, wake: Wake, queues: Mapping[str, int]) -> None:
    """Wake as many workers as there are, once each: whoever wakes goes on until its queues are empty.

    A worker's child is replaced after so many tickets, and one for every trial would cost it all that it has compiled.
    """
    if queues:
        workers = len(store.workers()) + 1
        for queue, count in queues.items():
            for _ in range(min(count, workers)):
                wake(queue)


def load(content: object) -> SweepSpec:
    """A stored sweep spec."""
    return SweepSpec.model_validate(content)


def points_of(sweep: SweepSpec, points: dict[int, dict[str, Any]], trials: Sequence[StoredTrial]) -> list[Point]:
    """The points with what their trials brought, for the ranking."""
    found = [Point(number, one["parameters"], {}, {}, sweep.repeats, set()) for number, one in points.items()]
    places = {point.number: point for point in found}
    for trial in trials:
        told = trial.objective or {}
        if trial.status == "succeeded" and told.get("value") is not None:
            places[trial.point].values[trial.repeat] = told["value"]
            if told.get("folds"):
                places[trial.point].folds[trial.repeat] = told["folds"]
            if trial.stop_reason in ENDED_EARLY:
                places[trial.point].cut.add(trial.repeat)
    return found


class _Step:
    def __init__(self, store: Store, settings: Settings, sweep_id: str, wake: Wake) -> None:
        self._store, self._settings, self._id, self._wake = store, settings, sweep_id, wake
        self._stored = store.sweep(sweep_id)
        self._sweep = load(self._stored.spec)
        self._queues = Counter[str]()  # queue -> how many were submitted to it
        self._ours: dict[str, str] = {}  # SHA-256 of a spec of this sweep -> its experiment

    def take(self) -> None:
        trials = self._store.trials(self._id)
        if self._stored.status in ("cancelled", "paused"):
            self._stop(trials)
            return
        if self._stored.status != "running":
            return
        if self._stored.resume_asked:
            self._resume(trials, self._stored.resume_asked)
            trials = self._store.trials(self._id)
        points = self._store.points(self._id)
        fresh = self._fresh(points, trials)
        if fresh:
            self._store.add_points(self._id, fresh)
            points = self._store.points(self._id)
        added = self._fill(points, trials)
        if fresh or added:
            trials = self._store.trials(self._id)
        if len(points) >= self._sweep.points and all(trial.status in (*TERMINAL, "deleted") for trial in trials):
            good = any(trial.status == "succeeded" for trial in trials)
            self._store.set_sweep_status(self._id, "succeeded" if good else "failed", ("running",))

    def _stop(self, trials: Sequence[StoredTrial]) -> None:
        """A cancelled or paused sweep has no trials that go on."""
        stop = self._store.cancel if self._stored.status == "cancelled" else self._store.pause
        for trial in trials:
            if trial.status in ("queued", "running") or (trial.status == "paused" and stop == self._store.cancel):
                try:
                    stop(trial.experiment)
                except (Conflict, NotFound):  # it ended meanwhile
                    continue

    def _resume(self, trials: Sequence[StoredTrial], mark: str) -> None:
        """Resume what is paused or cancelled, or start anew what failed, as the sweep was asked to."""
        failed = mark.startswith("retry")
        queues = Counter[str]()
        for trial in trials:
            if trial.status in (("failed",) if failed else ("paused", "cancelled")) and not trial.reused:
                try:
                    self._store.resume(trial.experiment, anew=failed)
                    queues[self._store.queue_of(trial.experiment)] += 1
                except (Conflict, NotFound):  # somebody else was faster
                    continue
        self._store.trials_resumed(self._id, mark)
        wake_workers(self._store, self._wake, queues)

    def _fresh(self, points: dict[int, dict[str, Any]], trials: Sequence[StoredTrial]) -> dict[int, dict[str, Any]]:
        over: dict[int, list[StoredTrial]] = {}
        for trial in trials:
            over.setdefault(trial.point, []).append(trial)
        values = {point.number: point for point in points_of(self._sweep, points, trials)}
        told = []
        for number, one in points.items():
            mine = over.get(number, [])
            done = bool(one.get("errors")) or (
                len(mine) >= self._sweep.repeats and all(trial.status in (*TERMINAL, "deleted") for trial in mine)
            )
            known = list(values[number].values.values())
            told.append(Told(one["parameters"], done, sum(known) / len(known) if known else None))
        return {
            len(points) + index: {"parameters": parameters}
            for index, parameters in enumerate(next_points(self._sweep, told))
        }

    def _fill(self, points: dict[int, dict[str, Any]], trials: Sequence[StoredTrial]) -> int:
        """Submit every trial whose place is empty; how many."""
        taken = {(trial.point, trial.repeat) for trial in trials}
        self._ours = {trial.sha256: trial.experiment for trial in trials if not trial.reused}
        added = 0
        for number, point in points.items():
            if point.get("errors"):
                continue
            for repeat in range(self._sweep.repeats):
                if (number, repeat) not in taken:
                    added += self._place(number, repeat, point)
        wake_workers(self._store, self._wake, self._queues)  # not before all are there: some may train side by side
        return added

    def _place(self, number: int, repeat: int, point: dict[str, Any]) -> bool:
        try:
            spec = self._sweep.spec_at(point["parameters"], repeat)
        except InvalidSpec as error:
            point["errors"] = [one.as_dict() for one in error.errors]
            self._store.mark_invalid(self._id, number, point)
            return False
        slot = f"{number}:{repeat}"
        if self._sweep.reuse and self._reused(spec, slot):
            return True
        group = group_of(spec) if self._sweep.side_by_side and self._sweep.early_termination is None else ""
        trial = (self._id, slot)
        try:
            self._ours[spec.sha256] = submit(
                self._store,
                self._settings,
                spec,
                self._queued,
                trial=trial,
                group=f"{self._id} {group}" if group else "",
            )
        except Conflict:  # cancelled or paused meanwhile: the next step sees it
            return False
        return True

    def _queued(self, queue: str) -> None:
        self._queues[queue] += 1

    def _reused(self, spec: ExperimentSpec, slot: str) -> bool:
        """Let another trial with the same spec, or an experiment that succeeded with it, stand for this trial."""
        if (ours := self._ours.get(spec.sha256)) is not None:
            self._store.reuse(self._id, slot, ours, None)
            return True
        known = self._store.same_spec(spec.sha256)
        if known is None:
            return False
        try:
            records = self._store.epochs(known)
        except NotFound:
            return False
        goal = self._sweep.objective
        told = outcome(records, goal.metric, goal.sign, goal.at)
        self._store.reuse(self._id, slot, known, told)
        return True
