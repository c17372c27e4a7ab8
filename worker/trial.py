"""An attempt at a trial of a sweep: its objective, and whether it is to end early."""

from collections.abc import Sequence

from satnet.errors import NotFound, StoreUnavailable
from satnet.records.schema import EpochRecord, TrialOutcome
from satnet.service.sweep_points import load
from satnet.store import Grant, Store
from satnet.sweeps.early import falls_behind, is_hopeless, is_rung
from satnet.sweeps.objective import outcome, value_of
from satnet.sweeps.spec import SweepSpec


class Trial:
    """Of one grant."""

    def __init__(self, store: Store, grant: Grant) -> None:
        self._store, self._grant = store, grant
        self._sweep: SweepSpec | None = None
        try:
            self._sweep = load(store.sweep(grant.sweep).spec)
        except NotFound:  # it expired: the experiment stands alone now
            return

    def objective(self, records: Sequence[EpochRecord]) -> TrialOutcome | None:
        """What the sweep compares."""
        if self._sweep is None:
            return None
        goal = self._sweep.objective
        return outcome(records, goal.metric, goal.sign, goal.at)

    def ends(self, records: Sequence[EpochRecord]) -> str | None:
        """The stop_reason, where this trial has come to its end before its last epoch."""
        sweep, latest = self._sweep, records[-1]
        if sweep is None:
            return None
        if sweep.stop_hopeless and is_hopeless(records):
            return "hopeless_saturation"
        asha = sweep.early_termination
        if asha is None or not is_rung(asha, latest["epoch"]):
            return None
        try:
            rungs = self._store.rungs(self._grant.sweep)
            value, sign = value_of(latest, sweep.objective.metric), sweep.objective.sign
            behind, own = falls_behind(asha, rungs, self._grant.id, latest["epoch"], value, sign)
            self._store.set_rungs(self._grant.sweep, self._grant.id, own)
        except StoreUnavailable:  # training does not wait for a Redis that is away
            return None
        return "asha" if behind else None
