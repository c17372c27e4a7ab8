"""The one Celery task: look in the queue, and run what is there until it is empty."""

import importlib
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery

from satnet.broker import TICKET
from satnet.settings import Settings
from satnet.store import Store
from worker import drain
from worker.attempt import Trainer, run_attempt

current: list[str] = []  # the experiment that this process runs, for whoever asks
latest: list[str] = []  # the one that it claimed last


def trainer(settings: Settings) -> Trainer:
    """The function that the setting names, MODULE:NAME."""
    module, _, name = settings.trainer.partition(":")
    found: Trainer = getattr(importlib.import_module(module), name)
    return found


def work(settings: Settings, worker: str, queues: Sequence[str]) -> int:
    """Claim and run experiments until the queues are empty or this worker drains; how many ran."""
    store, ran, train = Store(settings), 0, trainer(settings)
    try:
        while not drain.requested():
            grant = store.claim(queues, worker, uuid.uuid4().hex)
            if grant is None:
                return ran
            current.append(grant.id)
            latest[:] = [grant.id]
            try:
                run_attempt(store, settings, grant, train)
            finally:
                current.clear()
            ran += 1
    finally:
        store.close()
    return ran


def register(app: Celery, settings: Settings, worker: str, queues: Callable[[], Sequence[str]]) -> Any:
    """Bind the task to an app."""

    @app.task(name=TICKET)
    def ticket() -> None:
        work(settings, worker, queues())

    return ticket
