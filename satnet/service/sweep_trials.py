"""The trials of a sweep that are still to be submitted."""

from collections import Counter
from collections.abc import Mapping, Sequence

from satnet.errors import Conflict, InvalidSpec, NotFound, QuotaExceeded
from satnet.records.schema import StoredPoint
from satnet.service.budget import require_affordable
from satnet.service.submission import Wake, submit, wake_workers
from satnet.service.sweep_points import error_records
from satnet.settings import Settings
from satnet.spec import ExperimentSpec
from satnet.store import Store
from satnet.store.trials import StoredTrial
from satnet.sweeps.objective import outcome
from satnet.sweeps.spec import SweepSpec
from satnet.sweeps.stacking import group_of


class TrialSubmission:
    """Submits what a sweep lacks, reusing experiments with the same spec where the sweep allows it."""

    def __init__(self, store: Store, settings: Settings, wake: Wake, sweep_id: str, sweep: SweepSpec) -> None:
        self._store, self._settings, self._wake, self._id, self._sweep = store, settings, wake, sweep_id, sweep
        self._queues = Counter[str]()  # queue -> how many were submitted to it
        self.waits = False  # whether there is no room for the rest yet
        self._own: dict[str, str] = {}  # SHA-256 of a spec of this sweep -> its experiment

    def fill(self, points: Mapping[int, StoredPoint], trials: Sequence[StoredTrial]) -> int:
        """Submit every trial whose place is empty, as far as there is room; how many."""
        taken = {(trial.point, trial.repeat) for trial in trials}
        self._own = {trial.sha256: trial.experiment for trial in trials if not trial.reused}
        added = 0
        for number, point in points.items():
            for repeat in range(self._sweep.repeats):
                if (number, repeat) not in taken and "errors" not in point and not self.waits:
                    added += self._place(number, repeat, point)
        wake_workers(self._store, self._wake, self._queues)  # once all are there: some may be stacked
        return added

    def _place(self, number: int, repeat: int, point: StoredPoint) -> bool:
        try:
            spec = self._sweep.spec_at(point["parameters"], repeat)
            require_affordable(spec, self._settings)
        except InvalidSpec as error:
            point["errors"] = error_records(error)
            self._store.mark_invalid(self._id, number, point)
            return False
        slot = f"{number}:{repeat}"
        return (self._sweep.reuse and self._reused(spec, slot)) or self._submitted(spec, slot)

    def _submitted(self, spec: ExperimentSpec, slot: str) -> bool:
        stacked = self._sweep.side_by_side and self._sweep.early_termination is None
        group = group_of(spec) if stacked else ""
        try:
            self._own[spec.sha256] = submit(
                self._store,
                self._settings,
                spec,
                self._queued,
                trial=(self._id, slot),
                group=f"{self._id} {group}" if group else "",
            )
        except Conflict:  # cancelled or paused meanwhile: the next step sees it
            return False
        except QuotaExceeded:  # a later step goes on
            self.waits = True
            return False
        return True

    def _queued(self, queue: str) -> None:
        self._queues[queue] += 1

    def _reused(self, spec: ExperimentSpec, slot: str) -> bool:
        """Let another trial with the same spec, or an experiment that succeeded with it, stand for this trial."""
        if (own := self._own.get(spec.sha256)) is not None:
            self._store.reuse(self._id, slot, own, None)
            return True
        experiment = self._store.same_spec(spec.sha256)
        if experiment is None:
            return False
        try:
            records = self._store.epochs(experiment)
        except NotFound:
            return False
        goal = self._sweep.objective
        self._store.reuse(self._id, slot, experiment, outcome(records, goal.metric, goal.sign, goal.at))
        return True
