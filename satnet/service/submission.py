"""How a spec becomes a stored experiment, whoever submits it."""

from collections.abc import Callable, Mapping

from satnet.records.ids import new_id
from satnet.records.schema import Parent
from satnet.saturation.diagnosis import diagnose, facts_of
from satnet.service import failpoints
from satnet.service.budget import require_affordable
from satnet.service.queues import queue_for
from satnet.service.quota import require_room
from satnet.settings import Settings
from satnet.spec import ExperimentSpec
from satnet.store import Store

Wake = Callable[[str], None]  # tells a worker that something waits in a queue


def submit(
    store: Store,
    settings: Settings,
    spec: ExperimentSpec,
    wake: Wake,
    *,
    key: str | None = None,
    fingerprint: str = "",
    parent: Parent | None = None,
    trial: tuple[str, str] = ("", ""),
    group: str = "",
) -> str:
    """Store the spec with its static findings and wake a worker of its queue; the experiment's id.

    `key`, `fingerprint`, `trial` and `group` as for Store.submit. Raises InvalidSpec where it needs more than it may,
    and QuotaExceeded where there is no room for it.
    """
    require_affordable(spec, settings)
    require_room(settings)
    spec, queue = spec.with_seed(), queue_for(settings.queue, spec.resources.device)
    experiment_id, replayed = store.submit(
        experiment_id=new_id(),
        spec=spec.to_json(),
        spec_sha256=spec.sha256,
        queue=queue,
        idempotency_key=key,
        fingerprint=fingerprint,
        findings=diagnose(facts_of(spec), overrides=settings.thresholds),
        parent=parent,
        trial=trial,
        group=f"{queue} {group}" if group else "",
    )
    failpoints.hit("after_submit")
    if not replayed:
        wake(queue)
    return experiment_id


def wake_workers(store: Store, wake: Wake, queues: Mapping[str, int]) -> None:
    """Wake each worker once at most: one that wakes continues until its queues are empty.

    A worker's child is replaced after a number of tickets; one ticket a trial would cost it all compiled programs.
    """
    if queues:
        workers = len(store.workers()) + 1
        for queue, count in queues.items():
            for _ in range(min(count, workers)):
                wake(queue)
