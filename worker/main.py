"""A worker: `python -m worker.main`. The parent never loads TensorFlow; its spawned child always has it."""

import logging
import os
import socket
import sys
import threading
import time
import uuid

from celery.signals import worker_process_init, worker_shutting_down

from satnet.errors import StoreUnavailable
from satnet.service import audit
from satnet.service.broker import app, send_ticket, tickets_left
from satnet.service.queues import queues_of
from satnet.settings import Settings, get_settings
from satnet.store import Store
from worker import device, drain, held, memory, predict, tasks, watchdog

_log = logging.getLogger(__name__)
ORPHANED = 77  # exit status of a child whose parent was killed
_WORKER_ID = "SATNET_WORKER_ID"  # the parent's name, handed to its children

WORKER = os.environ.setdefault(_WORKER_ID, f"wrk_{socket.gethostname()}_{uuid.uuid4().hex[:8]}")


def queues() -> list[str]:
    """The queues that this worker takes from; known once its device is chosen."""
    return queues_of(get_settings().queue, device.kind())


tasks.register(app, get_settings(), WORKER, queues)


@worker_process_init.connect
def warm(**_: object) -> None:
    """In the child: load TensorFlow before the first ticket."""
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow was loaded before the worker's child was ready for it")
    audit.show()
    settings = get_settings()
    tasks.trainer(settings)
    if "tensorflow" in sys.modules:
        from satnet.training.environment import use_threads

        use_threads(device.threads(settings))
    held.note([])
    threading.Thread(target=predict.serve, args=(settings,), name="predict", daemon=True).start()
    threading.Thread(target=_announce, args=(settings,), name="announce", daemon=True).start()


def _announce(settings: Settings) -> None:
    """In the child: announce this worker until it ends; once its parent is gone, let go of the experiment and exit."""
    parent, alone_since = os.getppid(), 0.0
    store, about = Store(settings), device.describe(socket.gethostname())
    about |= {"queues": queues(), "pid": os.getpid(), "threads": device.threads(settings), "warm": True}
    while True:
        try:
            now = {"busy": next(iter(tasks.current), None), "helps": next(iter(tasks.helping), None)}
            store.worker_seen(WORKER, about | now | {"latest": next(iter(tasks.latest), None)})
        except StoreUnavailable as error:
            _log.warning("cannot announce this worker: %s", error)
        if os.getppid() != parent:
            drain.request()
            alone_since = alone_since or time.monotonic()
            working, alone = tasks.current or tasks.helping, time.monotonic() - alone_since
            if not working or alone > settings.drain_grace.total_seconds():
                drain.tidy()
                os._exit(ORPHANED)
        threading.Event().wait(settings.heartbeat.total_seconds())


@worker_shutting_down.connect
def let_go(**_: object) -> None:
    """In the parent: SIGTERM came; the child releases its experiment at the next slice."""
    drain.request()


def _lease_gpu(settings: Settings) -> str | None:
    """In the parent: one GPU of this host for this worker alone, renewed for as long as it lives."""
    gpus, host = device.visible_gpus(), socket.gethostname()
    if not gpus:
        return None
    store = Store(settings)
    chosen = device.choose(gpus, lambda gpu: store.lease_gpu(host, gpu, WORKER))
    if chosen is None:
        _log.warning("all GPUs of this host (%s) are in use: this worker uses the CPU", ", ".join(gpus))
        return None

    def renew() -> None:
        while True:
            threading.Event().wait(settings.heartbeat.total_seconds())
            try:
                store.lease_gpu(host, chosen, WORKER)
            except StoreUnavailable as error:
                _log.warning("cannot renew the lease of GPU %s: %s", chosen, error)

    threading.Thread(target=renew, name="gpu-lease", daemon=True).start()
    return chosen


def _start_watchdog(settings: Settings) -> None:
    arguments = (settings, WORKER, queues(), send_ticket, tickets_left, drain.requested)
    threading.Thread(target=watchdog.serve, args=arguments, name="watchdog", daemon=True).start()
    threading.Thread(target=memory.serve, args=(settings, lambda: False), name="memory", daemon=True).start()


def main() -> None:
    """Run until SIGTERM; then drain."""
    os.environ.update(device.environment(_lease_gpu(get_settings())))
    drain.prepare()
    _start_watchdog(get_settings())
    try:
        app.worker_main(
            [
                "worker",
                "--loglevel=WARNING",
                f"--hostname={WORKER}",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                f"--queues={','.join(queues())}",
            ]
        )
    finally:
        drain.tidy()


if __name__ == "__main__":
    main()
