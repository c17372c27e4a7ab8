"""Cancel, pause, resume a sweep, and run its failed trials again."""

from satnet.errors import Conflict
from satnet.service.submission import Wake
from satnet.service.sweep_steps import PATIENCE, advance
from satnet.settings import Settings
from satnet.store import Store


def cancel(store: Store, settings: Settings, wake: Wake, sweep_id: str) -> bool:
    """Cancel it and its open trials; False if it was over already."""
    before = store.set_sweep_status(sweep_id, "cancelled", ("running", "paused"))
    advance(store, settings, sweep_id, wake, PATIENCE)
    return before in ("running", "paused")


def pause(store: Store, settings: Settings, wake: Wake, sweep_id: str) -> None:
    """Pause it and its open trials. Raises Conflict if it is over."""
    before = store.set_sweep_status(sweep_id, "paused", ("running",))
    if before not in ("running", "paused"):
        raise Conflict(f"{sweep_id} is {before} and cannot be paused")
    advance(store, settings, sweep_id, wake, PATIENCE)


def resume(store: Store, settings: Settings, wake: Wake, sweep_id: str) -> None:
    """Go on with a paused or cancelled sweep, each trial from its checkpoint. Raises Conflict if it has ended."""
    before = store.resume_sweep(sweep_id, failed=False, allowed=("running", "paused", "cancelled"))
    if before not in ("running", "paused", "cancelled"):
        raise Conflict(f"{sweep_id} is {before} and cannot be resumed; use rerun-failed for trials that failed")
    advance(store, settings, sweep_id, wake, PATIENCE)


def rerun_failed(store: Store, settings: Settings, wake: Wake, sweep_id: str) -> None:
    """Start its failed trials anew, and no other. Raises Conflict if there is none, or the sweep does not run."""
    status = store.sweep(sweep_id).status
    if status in ("paused", "cancelled"):
        raise Conflict(f"{sweep_id} is {status}; resume it first")
    if not any(one.status == "failed" for one in store.trials(sweep_id)):
        raise Conflict(f"{sweep_id} has no failed trial")
    store.resume_sweep(sweep_id, failed=True)
    advance(store, settings, sweep_id, wake, PATIENCE)
