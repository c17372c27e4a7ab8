"""One experiment alone in this worker."""

from collections.abc import Callable

from satnet.service import failpoints
from satnet.settings import Settings
from satnet.store import Grant, Store
from satnet.training.result import TrainingResult
from worker.attempt import prepared
from worker.lease import Lease

Trainer = Callable[..., TrainingResult]


def run_attempt(
    store: Store, settings: Settings, grant: Grant, trainer: Trainer, wake: Callable[[str], None] | None = None
) -> str:
    """Run `grant` with `trainer`; how it ended: succeeded, failed, cancelled, paused, released, queued or lost.

    `wake`: wakes an idle worker of a queue, to help with folds; None for a trainer that cannot share them.
    """
    failpoints.hit("after_claim")
    if (attempt := prepared(store, settings, grant)) is None:
        return "failed"
    with Lease(settings, grant, attempt.epoch_log.records) as lease:
        try:
            attempt.acknowledge()
            attempt.require_memory()
            resume = attempt.resume()
            outcome: TrainingResult | Exception = trainer(
                attempt.spec,
                data_dir=settings.data_dir,
                on_epoch=attempt.on_epoch,
                check=lease.check,
                attempt=grant.attempt,
                keep_model=attempt.keep_model,
                resume=resume,
                keep_checkpoint=attempt.keep,
                checkpoint_every=settings.checkpoint_every.total_seconds(),
                spent=grant.spent,
                **attempt.share(resume, wake),
            )
        except Exception as error:  # noqa: BLE001 - `conclude` tells them apart
            outcome = error
        return attempt.conclude(outcome)
