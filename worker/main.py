"""A worker: `python -m worker.main`. The parent never loads TensorFlow; its spawned child always has it."""

import logging
import os
import socket
import sys
import threading
import uuid
from typing import Any

from celery.signals import worker_process_init, worker_shutting_down

from satnet.broker import app
from satnet.errors import StoreUnavailable
from satnet.settings import Settings, get_settings
from satnet.store import Store
from worker import device, drain, tasks

_log = logging.getLogger(__name__)
_IDENTITY = "SATNET_WORKER_ID"  # the parent's name, handed to its children

WORKER = os.environ.setdefault(_IDENTITY, f"wrk_{socket.gethostname()}_{uuid.uuid4().hex[:8]}")
tasks.register(app, get_settings(), WORKER)


@worker_process_init.connect
def warm(**_: Any) -> None:
    """In the child: load TensorFlow before the first ticket."""
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow was loaded before the worker's child was ready for it")
    import tensorflow as tf

    from satnet.training import run  # noqa: F401 - imported to be warm

    settings = get_settings()
    if settings.threads:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    threading.Thread(target=_announce, args=(settings,), name="announce", daemon=True).start()


def _announce(settings: Settings) -> None:
    """In the child: say that this worker lives, warm, until the process ends."""
    store, about = Store(settings), device.describe(device.visible_gpus(), socket.gethostname)
    while True:
        try:
            store.worker_seen(WORKER, {**about, "queue": settings.queue, "pid": os.getpid(), "warm": True})
        except StoreUnavailable as error:
            _log.warning("announce: %s", error)
        threading.Event().wait(settings.heartbeat.total_seconds())


@worker_shutting_down.connect
def let_go(**_: Any) -> None:
    """In the parent: a drain was asked for; the child releases what it holds at its next slice."""
    drain.request()


def main() -> None:
    """Run until SIGTERM; then drain."""
    os.environ.update(device.environment(device.visible_gpus()))
    drain.prepare()
    try:
        app.worker_main(
            [
                "worker",
                "--loglevel=WARNING",
                f"--hostname={WORKER}",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                f"--queues={get_settings().queue}",
            ]
        )
    finally:
        drain.tidy()


if __name__ == "__main__":
    main()
