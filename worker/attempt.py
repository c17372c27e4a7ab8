"""One attempt at one experiment: train, report, finish; a plain function that knows no Celery."""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from satnet.errors import Interrupted, OverBudget, StoreUnavailable, TrainingError
from satnet.records.epoch_log import EpochLog
from satnet.records.progress import progress_at
from satnet.records.schema import Environment, MeasuredEpoch, ModelFile, StatusReason, TrainingExtra
from satnet.records.summary import summarise
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.service import failpoints
from satnet.service.artifacts import Artifacts, model_name
from satnet.settings import Settings
from satnet.spec import parse_spec, plan_network
from satnet.spec.budget import cost
from satnet.store import Grant, Place, Store
from satnet.training.checkpoint import Checkpoint
from satnet.training.result import TrainingResult
from worker import memory
from worker.checkpoints import Checkpoints
from worker.folds import Offer
from worker.outbox import Outbox
from worker.trial import Trial

_log = logging.getLogger(__name__)


class Attempt:
    """What an attempt reports, and how it ends."""

    def __init__(self, store: Store, settings: Settings, grant: Grant) -> None:
        self._store, self._settings, self._grant = store, settings, grant
        self.id = grant.id
        self._outbox = Outbox(settings.redis_patience.total_seconds())
        self._trial = self._outbox.wait(lambda: Trial(store, grant)) if grant.sweep else None
        self.spec = parse_spec(grant.spec)
        findings_on = partial(diagnose, facts_of(self.spec), overrides=settings.thresholds)
        self.epoch_log = EpochLog(findings_on, self.spec.training.epochs)
        self.artifacts = Artifacts(settings.artifacts)
        self.checkpoints = Checkpoints(store, self.artifacts, grant)
        self._began = time.monotonic()

    def acknowledge(self) -> None:
        """Acknowledge the claim, before anything else can fail."""
        verdict = self._outbox.wait(lambda: self._store.heartbeat(self._grant.id, self._grant.fence))
        if verdict != "go":
            raise Interrupted(verdict)

    def require_memory(self) -> None:
        """Refuse what another version or other settings let in. Raises OverBudget."""
        needed = cost(self.spec, plan_network(self.spec))
        most = min(self._settings.max_memory_bytes, memory.allowed(self._settings))
        if needed is not None and needed.memory.peak > most:
            raise OverBudget(f"estimated {needed.memory.peak:,} bytes of memory, limit {most:,}: it was not trained")

    def resume(self) -> Checkpoint | None:
        """The checkpoint of an earlier attempt; epochs measured after it are discarded."""
        if self._grant.attempt == 1:
            return None
        checkpoint, skipped = self._outbox.wait(self.checkpoints.latest)
        place = None if checkpoint is None else Place(checkpoint.fold, checkpoint.epoch)
        grant = self._grant
        if not self._outbox.wait(lambda: self._store.rewind(grant.id, grant.fence, place, skipped)):
            raise Interrupted("lost")
        if checkpoint is not None:
            self.epoch_log.records.extend(self._outbox.wait(lambda: self._store.epochs(grant.id)))
        failpoints.hit("after_resume")
        return checkpoint

    def share(self, resume: Checkpoint | None, wake: Callable[[str], None] | None) -> dict[str, Offer]:
        """Offer the later folds to idle workers; the trainer's arguments for that.

        Trials of a sweep are not offered: they occupy all workers already, and may end between folds.
        """
        if wake is None or self.spec.cross_validation is None or self._grant.sweep:
            return {}
        offer = Offer(self._store, self._grant)
        try:
            offer.make((resume.fold or 0) + 1 if resume else 1, wake)
        except StoreUnavailable:  # training does not wait for a Redis that is down
            return {}
        return {"elsewhere": offer}

    def on_epoch(self, record: MeasuredEpoch) -> str | None:
        """Report a measured epoch, now or once Redis is back; a stop reason if the trial is to end early."""
        entry, grant = self.epoch_log.add(record), self._grant
        progress = progress_at(grant.spec, record, time.monotonic() - self._began)

        def write() -> None:
            if not self._store.epoch(grant.id, grant.fence, entry, progress):
                raise Interrupted("lost")

        failpoints.hit("before_epoch")
        self._outbox.put(write)
        failpoints.hit("after_epoch")
        return None if self._trial is None else self._trial.ends(self.epoch_log.records)

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, unless epochs before it are still undelivered."""
        if not self._outbox:
            self.checkpoints.keep(checkpoint)

    def finish(
        self,
        status: str,
        extra: TrainingExtra,
        *,
        environment: Environment | None = None,
        stop_reason: str | None = None,
        status_reason: StatusReason | None = None,
    ) -> str:
        """End with a result."""
        failpoints.hit("before_finish")
        grant, records = self._grant, self.epoch_log.records
        summary, findings = summarise(records, extra), self.epoch_log.findings()
        objective = None if self._trial is None else self._trial.objective(records)

        def write() -> str:
            return self._store.finish(
                grant.id,
                grant.fence,
                status,
                summary=summary,
                environment=environment,
                status_reason=status_reason,
                stop_reason=stop_reason,
                findings=findings,
                objective=objective,
            )

        outcome = self._outbox.wait(write)
        failpoints.hit("after_finish")
        if status == "succeeded" and outcome != "lost":
            self.checkpoints.clear()
        return "lost" if outcome == "lost" else status

    def failed(self, code: str, message: str) -> str:
        """End with a reason in the spec or in the data: another attempt would end the same way."""
        return self.finish("failed", {}, status_reason={"code": code, "message": message, "retryable": False})

    def lost(self, code: str, message: str) -> str:
        """End this attempt only; another one, perhaps on another worker, may succeed."""
        grant = self._grant
        return str(self._outbox.wait(lambda: self._store.attempt_lost(grant.id, grant.fence, code, message)))

    def interrupted(self, reason: str) -> str:
        """Stop as requested."""
        grant = self._grant
        if reason == "cancel":
            return self.finish("cancelled", {})
        if reason in ("drain", "pause"):
            failpoints.hit("before_release")
            self._outbox.wait(lambda: self._store.release(grant.id, grant.fence))
            return "released" if reason == "drain" else "paused"
        return "lost"

    def keep_model(self, path: Path) -> ModelFile:
        """Keep the trained model; what the summary says of it."""
        return self.artifacts.put(model_name(self._grant.id), path)

    def conclude(self, outcome: TrainingResult | Exception) -> str:
        """End as training ended: succeeded, failed, cancelled, paused, released, queued or lost."""
        grant = self._grant
        match outcome:
            case TrainingResult():
                return self.finish(
                    "succeeded",
                    outcome.summary_extra,
                    environment=outcome.environment,
                    stop_reason=outcome.stop_reason,
                )
            case Interrupted():
                return self.interrupted(outcome.reason)
            case OverBudget():
                return self.failed(outcome.code, str(outcome))
            case TrainingError():
                if outcome.code == "out_of_memory":
                    return self.lost(outcome.code, str(outcome))
                return self.failed(outcome.code, str(outcome))
            case MemoryError():
                return self.lost("out_of_memory", "the worker has not enough memory")
            case StoreUnavailable():
                raise outcome
        # any other error ends this experiment only
        _log.error("attempt %s of %s failed", grant.attempt, grant.id, exc_info=outcome)
        return self.failed("internal_error", f"{type(outcome).__name__}: {outcome}"[:500])


def prepared(store: Store, settings: Settings, grant: Grant) -> Attempt | None:
    """Ready to run; None where that is impossible, as for a spec that this version does not know: it has failed.

    The claim is not acknowledged yet: an attempt that merely vanished would be claimed again forever.
    """
    try:
        return Attempt(store, settings, grant)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt would end the same way
        _log.exception("attempt %s of %s cannot begin", grant.attempt, grant.id)
        reason = {"code": "internal_error", "message": f"{type(error).__name__}: {error}"[:500], "retryable": False}
        store.finish(grant.id, grant.fence, "failed", summary=None, environment=None, status_reason=reason)
        return None
