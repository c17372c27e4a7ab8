"""Folds of one experiment on several workers: its owner offers them, idle workers train them, the owner stores them.

The owner alone writes into the experiment, fold by fold in order, so that leases, fences, checkpoints and results are
those of an experiment that one worker trains. A helper that dies costs only the time of its fold.
"""

import logging
import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from satnet.errors import Interrupted, StoreUnavailable
from satnet.records.schema import ModelFile
from satnet.service.artifacts import Artifacts, model_name
from satnet.settings import Settings
from satnet.spec import parse_spec
from satnet.store import FoldGrant, Grant, Store
from satnet.training.result import TrainedFold
from worker.lease import Lease
from worker.outbox import Outbox

_log = logging.getLogger(__name__)
_LOOK = 0.1  # seconds between two looks at a fold that somebody trains


class Offer:
    """The owner's side: the `elsewhere` of the trainer."""

    def __init__(self, store: Store, grant: Grant) -> None:
        self._store, self._grant = store, grant

    def make(self, first: int, wake: Callable[[str], None]) -> None:
        """Offer all folds from `first` on; `wake` wakes one idle worker of a queue. Raises StoreUnavailable."""
        grant, folds = self._grant, int(self._grant.spec["cross_validation"]["folds"])
        queue = self._store.offer_folds(grant.id, grant.fence, first, folds)
        if queue is not None:
            for _ in range(min(folds - first, len(self._store.workers()) - 1)):
                wake(queue)

    def __call__(self, fold: int, check: Callable[[], None]) -> TrainedFold | None:
        """What a helper made of a fold, waited for where one is at it; None: it is the owner's own to train."""
        try:
            while True:
                state, result = self._store.take_fold(self._grant.id, self._grant.fence, fold)
                if state != "busy":
                    return None if result is None else TrainedFold(**result)
                check()
                time.sleep(_LOOK)
        except StoreUnavailable:  # training does not wait for a Redis that is away
            return None


class _FoldLease(Lease):
    """A helper's hold of a fold; it ends nothing but the helper's own work."""

    def __init__(self, settings: Settings, grant: FoldGrant) -> None:
        super().__init__(settings, Grant(grant.id, grant.fence, 0, grant.spec, 0.0), [])
        self._fold = grant
        self._due = self._deadline = math.inf  # the owner's is the experiment's; when that is over, the fold is lost

    @property
    def noted(self) -> None:
        """Nothing: whatever becomes of this process, the experiment is its owner's."""
        return

    def _renew(self, store: Store) -> str:
        return "go" if store.renew_fold(self._fold) else "lost"

    def _let_go(self, store: Store) -> None:
        if self._verdict != "lost":
            self.release(store)

    def _stalled(self, store: Store) -> None:
        store.leave_fold(self._fold, to_owner=True)

    def release(self, store: Store) -> None:
        store.leave_fold(self._fold, to_owner=False)


def help_with_fold(
    store: Store, settings: Settings, worker: str, queues: Sequence[str], began: Callable[[str], None]
) -> bool:
    """Train one fold that the owner of some experiment offers; False if there is none.

    `began` is called with the experiment's id.
    """
    grant = store.claim_fold(queues, uuid.uuid4().hex)
    if grant is None:
        return False
    began(grant.id)
    with _FoldLease(settings, grant) as lease:
        end = _end(store, settings, grant, worker, lease.check)
        try:
            Outbox(settings.redis_patience.total_seconds()).wait(end)
        except StoreUnavailable as error:  # the owner takes it back when its lease ends
            _log.warning("fold %s of %s: %s", grant.fold, grant.id, error)
    return True


def _end(
    store: Store, settings: Settings, grant: FoldGrant, worker: str, check: Callable[[], None]
) -> Callable[[], bool]:
    """Train it; how to tell what it came to."""
    try:
        result = _train(store, settings, grant, worker, check)
    except Interrupted as interruption:
        _log.info("fold %s of %s: %s", grant.fold, grant.id, interruption.reason)
        return lambda: store.leave_fold(grant, to_owner=False)
    except Exception:  # noqa: BLE001 - whatever it is, the owner ends as it would have ended
        _log.warning("fold %s of %s is left to its owner", grant.fold, grant.id, exc_info=True)
        return lambda: store.leave_fold(grant, to_owner=True)
    return lambda: store.finish_fold(grant, result)


def _train(
    store: Store, settings: Settings, grant: FoldGrant, worker: str, check: Callable[[], None]
) -> dict[str, object]:
    from satnet.training.run import train_fold

    def keep(path: Path) -> ModelFile:
        if not store.renew_fold(grant):  # whoever has the fold now keeps the model, and tells its SHA-256
            raise Interrupted("lost")
        return Artifacts(settings.artifacts).put(model_name(grant.id), path)

    spec = parse_spec(grant.spec)
    trained = asdict(train_fold(spec, grant.fold, data_dir=settings.data_dir, check=check, keep_model=keep))
    return trained | {"result": trained["result"] | {"worker": worker}}
