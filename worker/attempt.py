"""One attempt at one experiment: train, report, finish; a plain function that knows no Celery."""

import logging
import time
from collections.abc import Callable
from typing import Any

from satnet.artifacts import Artifacts, model_name
from satnet.errors import Interrupted, StoreUnavailable, TrainingError
from satnet.journal import Journal
from satnet.results import progress_at, summarise
from satnet.saturation.diagnosis import facts_of
from satnet.settings import Settings
from satnet.spec import parse_spec
from satnet.store import Grant, Store
from worker.lease import Lease

_log = logging.getLogger(__name__)
_PATIENCE = 900.0  # seconds that a run goes on without Redis before it gives up
Trainer = Callable[..., Any]


def _delivered(call: Callable[[], Any]) -> Any:
    """Repeat a write until Redis takes it, for as long as a run goes on without Redis."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return call()
        except StoreUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def run_attempt(  # noqa: C901 - one except clause an ending; apart they would be harder to compare
    store: Store, settings: Settings, grant: Grant, trainer: Trainer
) -> str:
    """Run `grant` with `trainer`; how it ended: succeeded, failed, cancelled, released or lost."""
    spec = parse_spec(grant.spec)
    journal = Journal(facts_of(spec), spec.training.epochs, settings.thresholds)
    records, began = journal.records, time.monotonic()
    artifacts = Artifacts(settings.artifacts)

    def on_epoch(record: dict[str, Any]) -> None:
        entry = journal.add(record)
        progress = progress_at(grant.spec, record, time.monotonic() - began)
        if not _delivered(lambda: store.epoch(grant.id, grant.fence, entry, progress)):
            raise Interrupted("lost")

    def finish(status: str, extra: dict[str, Any], **more: Any) -> str:
        more |= {"summary": summarise(records, extra), "findings": journal.findings()}
        outcome = _delivered(lambda: store.finish(grant.id, grant.fence, status, **more))
        return "lost" if outcome == "lost" else status

    def failed(code: str, message: str, retryable: bool) -> str:
        reason = {"code": code, "message": message, "retryable": retryable}
        return finish("failed", {}, environment=None, status_reason=reason)

    with Lease(settings, grant, records) as lease:
        try:
            result = trainer(
                spec,
                data_dir=settings.data_dir,
                on_epoch=on_epoch,
                check=lease.check,
                attempt=grant.attempt,
                keep_model=lambda path: artifacts.put(model_name(grant.id), path),
            )
        except Interrupted as interruption:
            if interruption.reason == "cancel":
                return finish("cancelled", {}, environment=None)
            if interruption.reason == "drain":
                _delivered(lambda: store.release(grant.id, grant.fence))
                return "released"
            return "lost"
        except TrainingError as error:
            return failed(error.code, str(error), retryable=error.code == "out_of_memory")
        except MemoryError:
            return failed("out_of_memory", "the worker has not enough memory", retryable=True)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever training raises ends this experiment alone
            _log.exception("attempt %s of %s failed", grant.attempt, grant.id)
            return failed("internal_error", f"{type(error).__name__}: {error}"[:500], retryable=False)
        return finish(
            "succeeded",
            result.summary_extra,
            environment=result.environment,
            stop_reason=result.stop_reason,
        )
