"""In the worker's parent: the memory of its child, which is ended before the machine has none left.

A limit of the operating system on the child's address space does not serve: TensorFlow and CUDA reserve far more than
they use, and an allocation that is refused deep inside them ends in a segmentation fault. So the parent looks at what
the child really uses, ends it, and says of the experiment why.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from satnet.errors import InvalidSpec, NotFound, StoreUnavailable
from satnet.records.summary import summarise
from satnet.settings import Settings
from satnet.spec import parse_spec, plan_network
from satnet.spec.budget import cost
from satnet.store import Store
from worker import held
from worker.held import Held

_log = logging.getLogger(__name__)
LOOK = 0.1  # seconds between two looks
_SHARE = 0.8  # of the machine's memory, divided among its workers
_LEAST = 2_000_000_000  # bytes that every worker may use
_HIGH = 0.9  # of what it may use: a child that is gone from there was ended for its memory
_CGROUP = Path("/sys/fs/cgroup")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def machine_bytes(cgroup: Path = _CGROUP) -> int:
    """The memory of this machine, or of the container where that is less."""
    total = os.sysconf("SC_PHYS_PAGES") * _PAGE
    try:
        limit = (cgroup / "memory.max").read_text().strip()
    except OSError:
        return total
    return total if limit == "max" else min(total, int(limit))


def allowed(settings: Settings) -> int:
    """Bytes that a training process may use."""
    return settings.worker_memory_bytes or max(_LEAST, int(_SHARE * machine_bytes() / settings.workers))


def used(pid: int, processes: Path = Path("/proc")) -> int | None:
    """Bytes of a process's own memory, files and shared pages apart; None where it is over."""
    try:
        _, resident, shared, *_ = (processes / str(pid) / "statm").read_text().split()
    except (OSError, ValueError):
        return None
    return (int(resident) - int(shared)) * _PAGE or None  # a zombie has none


def killed_by_kernel(counters: Sequence[Path] = (_CGROUP / "memory.events", Path("/proc/vmstat"))) -> int:
    """How many processes the kernel ended because there was no memory left, by the first of the files that says so."""
    for path in counters:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    return 0


class MemoryWatch:
    """Looks at the child of this process."""

    def __init__(self, store: Store, most: int, counted: Callable[[], int] = killed_by_kernel) -> None:
        """`most`: bytes that the child may use; `counted`: as killed_by_kernel."""
        self._store, self._most, self._counted = store, most, counted
        self._kills, self._last, self._over = counted(), (0, 0), 0  # the last look: child, bytes; a child that is over
        self._untold: list[tuple[Held, str]] = []

    def look(self) -> None:
        """End a child that uses too much; tell of one that was ended for that. Raises StoreUnavailable."""
        child = held.read()
        if child is not None and child.pid != self._over:
            self._look_at(child)
        while self._untold:
            child, what = self._untold.pop(0)
            try:
                self._tell(child, what)
            except StoreUnavailable:
                self._untold.append((child, what))
                raise

    def _look_at(self, child: Held) -> None:
        kills, now = self._counted(), used(child.pid)
        if now is None:
            self._over = child.pid
            pid, before = self._last
            if pid == child.pid and (before > _HIGH * self._most or kills > self._kills):
                self._untold.append((child, f"the training process was ended while it used {before:,} bytes or more"))
        elif now > self._most:
            self._over = child.pid
            os.kill(child.pid, signal.SIGKILL)
            self._untold.append((child, f"the training process used {now:,} bytes"))
        else:
            self._last, self._kills = (child.pid, now), kills

    def _tell(self, child: Held, what: str) -> None:
        """One alone fails; of several nobody knows whose fault it was, and each is trained again alone."""
        _log.error("%s; a worker may use %s", what, f"{self._most:,}")
        if len(child.attempts) > 1:
            for experiment_id, fence in child.attempts:
                self._store.release(experiment_id, fence)
            return
        for experiment_id, fence in child.attempts:
            told = f"{what}; a worker may use {self._most:,} (SATNET_WORKER_MEMORY_BYTES)"
            told += self._estimated(experiment_id)
            reason = {"code": "out_of_memory", "message": told, "retryable": False}
            summary = summarise(self._store.epochs(experiment_id), {})
            self._store.finish(experiment_id, fence, "failed", summary=summary, environment=None, status_reason=reason)

    def _estimated(self, experiment_id: str) -> str:
        try:
            spec = parse_spec(self._store.get(experiment_id)["spec"])
        except (NotFound, InvalidSpec):  # deleted meanwhile, or of another version
            return ""
        needed = cost(spec, plan_network(spec))
        return "" if needed is None else f"; {needed.memory.peak:,} above an idle worker's were estimated"


def serve(settings: Settings, ended: Callable[[], bool]) -> None:
    """Look until `ended`."""
    store = Store(settings)
    watch = MemoryWatch(store, allowed(settings))
    while not ended():
        threading.Event().wait(LOOK)
        try:
            watch.look()
        except StoreUnavailable as error:
            _log.warning("cannot tell what became of an experiment: %s", error)
        except Exception:  # noqa: BLE001 - the watch goes on, whatever one look found
            _log.exception("a look at the memory failed")
    store.close()
