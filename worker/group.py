"""Attempts at several experiments that train stacked in one program; each has its own lease and its own end."""

import contextlib
import logging
from collections.abc import Callable, Sequence

from satnet.errors import Interrupted, OverBudget, StoreUnavailable
from satnet.service import failpoints
from satnet.settings import Settings
from satnet.store import Grant, Store
from satnet.training.result import TrainingResult
from worker.attempt import Attempt, prepared
from worker.lease import Lease

_log = logging.getLogger(__name__)


def run_group(
    store: Store, settings: Settings, grants: Sequence[Grant], over: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Run grants of one group, each at its first attempt; how each ended, as for run_attempt.

    `over` is called with the id of each one that has ended.
    """
    from satnet.training.group import train_group
    from satnet.training.group_member import Member

    failpoints.hit("after_claim")
    endings: dict[str, str] = {}
    with contextlib.ExitStack() as leases:
        members = []
        for grant in grants:
            if (attempt := prepared(store, settings, grant)) is None:
                endings[grant.id] = "failed"
                over(grant.id)
                continue
            lease = leases.enter_context(Lease(settings, grant, attempt.epoch_log.records))
            done = _ending(attempt, lease, endings, over)
            try:
                attempt.acknowledge()
                attempt.require_memory()
            except (Interrupted, OverBudget) as outcome:
                done(outcome)
                continue
            members.append(
                Member(
                    attempt.spec,
                    on_epoch=attempt.on_epoch,
                    check=lease.check,
                    done=done,
                    keep_model=attempt.keep_model,
                    keep_checkpoint=attempt.keep,
                )
            )
        train_group(members, data_dir=settings.data_dir, checkpoint_every=settings.checkpoint_every.total_seconds())
    return [endings[grant.id] for grant in grants]


def _ending(
    attempt: Attempt, lease: Lease, endings: dict[str, str], over: Callable[[str], None]
) -> Callable[[TrainingResult | Exception], None]:
    experiment_id = attempt.id

    def done(outcome: TrainingResult | Exception) -> None:
        try:
            endings[experiment_id] = attempt.conclude(outcome)
        except StoreUnavailable as error:  # its lease ends, and it is taken up again
            _log.warning("cannot end %s: %s", experiment_id, error)
            endings[experiment_id] = "lost"
        finally:
            lease.close()
            over(experiment_id)

    return done
