"""One step of a sweep at a time. No process owns a sweep: whoever ends a trial takes it, or the housekeeping."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean

from satnet.errors import Conflict, InvalidSpec, NotFound
from satnet.records.schema import StoredPoint
from satnet.records.status import TERMINAL
from satnet.service.submission import Wake, wake_workers
from satnet.service.sweep_points import load, points_of
from satnet.service.sweep_trials import TrialSubmission
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.trials import StoredTrial
from satnet.sweeps.search import TriedPoint, next_points

_log = logging.getLogger(__name__)
_PAUSE = 0.02  # seconds between two tries to have the turn
# what no outage raises
_PERMANENT = (
    ArithmeticError,
    AttributeError,
    InvalidSpec,
    LookupError,
    TypeError,
    ValueError,
)
_TRIES = 3  # steps in a row that fail in such a way
_OVER = (*TERMINAL, "deleted")
PATIENCE = 1.0  # seconds that a caller who changed the sweep waits for the turn


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
        False if another process had the turn all the time; the next housekeeping takes the step then.
    """
    until = time.monotonic() + patience
    while True:
        queues: list[str] = []
        try:
            with store.sweep_turn(sweep_id) as mine:
                if mine:
                    with contextlib.suppress(NotFound):  # it expired meanwhile
                        _try_step(store, settings, sweep_id, queues.append)
        finally:  # also of a step that was cut; nobody waits for the turn while a broker that is away makes this slow
            for queue in queues:
                wake(queue)
        if mine:
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


def _try_step(store: Store, settings: Settings, sweep_id: str, wake: Wake) -> None:
    """Take a step; where the sweep itself is at fault for the third time in a row, it ends."""
    try:
        _Step(store, settings, sweep_id, wake).take()
    except _PERMANENT as error:
        _log.exception("sweep %s cannot take a step", sweep_id)
        if store.step_failed(sweep_id) >= _TRIES:
            message = f"it cannot go on: {type(error).__name__}: {error}"[:500]
            store.fail_sweep(sweep_id, {"code": "internal_error", "message": message, "retryable": False})
            _stop_trials(store.cancel, store.trials(sweep_id), ("queued", "running", "paused"))
    else:
        store.step_taken(sweep_id)


def _stop_trials(stop: Callable[[str], object], trials: Sequence[StoredTrial], statuses: Sequence[str]) -> None:
    for trial in trials:
        if trial.status in statuses:
            with contextlib.suppress(Conflict, NotFound):  # it ended meanwhile
                stop(trial.experiment)


class _Step:
    def __init__(self, store: Store, settings: Settings, sweep_id: str, wake: Wake) -> None:
        self._settings, self._id, self._wake = settings, sweep_id, wake
        self._stored = store.sweep(sweep_id)
        self._store = store.acting_for(self._stored.owner, everything=True)  # trials belong to the sweep's owner
        self._sweep = load(self._stored.spec)

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
        submission = TrialSubmission(self._store, self._settings, self._wake, self._id, self._sweep)
        added = submission.fill(points, trials)
        if submission.waits:
            return
        if fresh or added:
            trials = self._store.trials(self._id)
        if len(points) >= self._sweep.points and all(trial.status in _OVER for trial in trials):
            good = any(trial.status == "succeeded" for trial in trials)
            self._store.set_sweep_status(self._id, "succeeded" if good else "failed", ("running",))

    def _stop(self, trials: Sequence[StoredTrial]) -> None:
        """A cancelled or paused sweep has no trials that go on."""
        if self._stored.status == "cancelled":
            _stop_trials(self._store.cancel, trials, ("queued", "running", "paused"))
        else:
            _stop_trials(self._store.pause, trials, ("queued", "running"))

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

    def _fresh(self, points: dict[int, StoredPoint], trials: Sequence[StoredTrial]) -> dict[int, StoredPoint]:
        """The points to try next, numbered on from those that are there."""
        by_point: dict[int, list[StoredTrial]] = {}
        for trial in trials:
            by_point.setdefault(trial.point, []).append(trial)
        tried = []
        for point in points_of(self._sweep, points, trials):
            own = by_point.get(point.number, [])
            all_over = len(own) >= self._sweep.repeats and all(trial.status in _OVER for trial in own)
            value = fmean(point.values.values()) if point.values else None
            tried.append(TriedPoint(point.parameters, all_over or "errors" in points[point.number], value))
        return {
            number: {"parameters": parameters}
            for number, parameters in enumerate(next_points(self._sweep, tried), len(points))
        }
