"""The one Celery task: look in the queue, and run what is there until it is empty."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery

from satnet.broker import TICKET
from satnet.settings import Settings
from satnet.store import Store
from worker import drain
from worker.attempt import run_attempt


def work(settings: Settings, worker: str, queues: Sequence[str]) -> int:
    """Claim and run experiments until the queues are empty or this worker drains; how many ran."""
    from satnet.training.run import train

    store, ran = Store(settings), 0
    try:
        while not drain.requested():
            grant = store.claim(queues, worker, uuid.uuid4().hex)
            if grant is None:
                return ran
            run_attempt(store, settings, grant, train)
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
