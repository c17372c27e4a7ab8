"""Folds of a running experiment that idle workers train for its owner, who alone writes into it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from satnet.errors import Interrupted
from satnet.records.schema import SpecJson
from satnet.store.connection import Connection, available, dumps, ms


@dataclass(frozen=True)
class FoldGrant:
    """What a helper trains: one fold of an experiment while `fence` owns it."""

    id: str
    fence: int
    fold: int
    spec: SpecJson
    token: str


class Folds(Connection):
    """Offer, claim, report, take. Offers end with the attempt that made them: a new one trains what it lacks."""

    def offer_folds(self, experiment_id: str, fence: int, first: int, count: int) -> str | None:
        """Let idle workers train folds `first` to `count` - 1; the queue to wake. None if a newer attempt owns it."""
        with available():
            queue = self._run("offer_folds", experiment_id, fence, first, count)
        return None if queue is None else str(queue)

    def claim_fold(self, queues: Sequence[str], nonce: str) -> FoldGrant | None:
        """A fold that its owner has not started; None if there is none. `nonce`: a repeated call returns the same."""
        token = f"tok_{nonce}"
        with available():
            claimed = self._run("claim_fold", token, ms(self._settings.lease), *queues)
        if claimed is None:
            return None
        experiment_id, fence, fold, spec = claimed
        return FoldGrant(experiment_id, int(fence), int(fold), json.loads(spec), token)

    def renew_fold(self, grant: FoldGrant) -> bool:
        """Renew it for another lease; False if it is no longer this helper's."""
        return self._report(grant, "go")

    def finish_fold(self, grant: FoldGrant, result: Mapping[str, object]) -> bool:
        """Report its result; False if it is no longer wanted."""
        return self._report(grant, "done", dumps(result))

    def leave_fold(self, grant: FoldGrant, *, to_owner: bool) -> bool:
        """Give it back: to any worker, or `to_owner` alone where it cannot be trained here."""
        return self._report(grant, "owner" if to_owner else "free")

    def take_fold(self, experiment_id: str, fence: int, fold: int) -> tuple[str, dict[str, Any] | None]:
        """What the owner does with its next fold: own (train it), busy (a helper trains it), or done and the result.

        Raises Interrupted if a newer attempt owns the experiment.
        """
        with available():
            state, *result = self._run("take_fold", experiment_id, fence, fold)
        if state == "lost":
            raise Interrupted("lost")
        return str(state), json.loads(result[0]) if result else None

    def _report(self, grant: FoldGrant, what: str, result: str = "") -> bool:
        with available():
            span = ms(self._settings.lease)
            answer = self._run("report_fold", grant.id, grant.fence, grant.fold, grant.token, span, what, result)
        return str(answer) == "go"
