"""Housekeeping by any API process or worker: reclaim lost experiments, requeue, delete what expired, wake workers."""

import logging
from collections.abc import Callable

from satnet.service import failpoints
from satnet.service.artifacts import Artifacts, forget
from satnet.service.sweep_steps import look_after_sweeps
from satnet.settings import Settings
from satnet.store import Store

_log = logging.getLogger(__name__)


def look_after(store: Store, settings: Settings, wake: Callable[[str], None]) -> None:
    """One tick, unless another process did it: `wake` is called with each queue that has work and idle workers."""
    failpoints.hit("in_reap")
    outcome = store.reap()
    if outcome is None:
        return
    expired = [experiment_id for experiment_id, what in outcome if what == "expired"]
    artifacts = Artifacts(settings.artifacts) if expired else None
    for experiment_id in expired:
        try:
            forget(artifacts, experiment_id)  # type: ignore[arg-type]  # there is one where something expired
        except OSError as error:
            _log.warning("cannot delete the files of %s, which expired: %s", experiment_id, error)
    idle = [one for one in store.workers() if not (one.get("busy") or one.get("helps"))]
    for queue, waiting in store.queues().items():
        if waiting and any(queue in one.get("queues", ()) for one in idle):
            wake(queue)
    look_after_sweeps(store, settings, wake)
