"""The one Celery task: look in the queue, and run what is there until it is empty."""

import importlib
import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence

from celery import Celery, Task

from satnet.errors import SatnetError, StoreUnavailable
from satnet.service import audit
from satnet.service.broker import TICKET, TicketSender
from satnet.service.sweep_points import load
from satnet.service.sweep_steps import PATIENCE, advance
from satnet.settings import DEFAULT_TRAINER, Settings
from satnet.store import Grant, Store
from satnet.sweeps import stacking
from worker import drain
from worker.folds import help_with_fold
from worker.group import run_group
from worker.single import Trainer, run_attempt

_log = logging.getLogger(__name__)
_tickets = TicketSender()
_ASKED_AGAIN = 60.0  # seconds for which the store remembers a claim's nonce
current: list[str] = []  # the experiment that this process runs, for whoever asks
helping: list[str] = []  # the experiment of another worker that it trains a fold of
latest: list[str] = []  # the one that it claimed last


def trainer(settings: Settings) -> Trainer:
    """The function that the setting names, MODULE:NAME."""
    module, _, name = settings.trainer.partition(":")
    train: Trainer = getattr(importlib.import_module(module), name)
    return train


def work(settings: Settings, worker: str, queues: Sequence[str]) -> int:
    """Claim and run experiments until the queues are empty or this worker drains; how many ran."""
    store, ran, train = Store(settings), 0, trainer(settings)
    own = settings.trainer == DEFAULT_TRAINER
    most = stacking.MOST if own else 1
    try:
        while not drain.requested():
            grants = _claim(store, queues, worker, most)
            if not grants:
                if own and _help(store, settings, worker, queues):
                    continue
                return ran
            _tell(grants, ["begins"] * len(grants))
            current.extend(grant.id for grant in grants)
            latest[:] = [grants[-1].id]
            try:
                if len(grants) > 1:
                    _tell(grants, run_group(store, settings, grants, current.remove))
                else:
                    _tell(grants, [run_attempt(store, settings, grants[0], train, _tickets.send if own else None)])
            finally:
                current.clear()
            _follow_up(store, settings, {grant.sweep for grant in grants if grant.sweep})
            ran += len(grants)
    finally:
        store.close()
    return ran


def _tell(grants: Sequence[Grant], what: Sequence[str]) -> None:
    for grant, ending in zip(grants, what, strict=True):
        audit.log.info("%s (request %s) attempt %d: %s", grant.id, grant.request or "-", grant.attempt, ending)


def _claim(store: Store, queues: Sequence[str], worker: str, most: int) -> list[Grant]:
    """The next experiments, claimed again under the same nonce where the reply was lost.

    What the lost reply granted would otherwise wait until its lease ends, as if its worker had died.
    """
    nonce, began = uuid.uuid4().hex, time.monotonic()
    while True:
        try:
            return store.claim_group(queues, worker, nonce, most)
        except StoreUnavailable:
            if drain.requested() or time.monotonic() - began > _ASKED_AGAIN:
                raise
            time.sleep(1)


def _help(store: Store, settings: Settings, worker: str, queues: Sequence[str]) -> bool:
    """Train a fold of another worker's experiment, if there is one."""

    def began(experiment_id: str) -> None:
        helping.append(experiment_id)
        latest[:] = [experiment_id]

    try:
        return help_with_fold(store, settings, worker, queues, began)
    finally:
        helping.clear()


def _follow_up(store: Store, settings: Settings, sweeps: Collection[str]) -> None:
    """Take a sweep that waits for what just ended one step on; the housekeeping would do so a moment later."""
    for sweep_id in sweeps:
        try:
            if store.trials_open(sweep_id) == 0 or load(store.sweep(sweep_id).spec).search == "tpe":
                advance(store, settings, sweep_id, _tickets.send, PATIENCE)
        except (SatnetError, OSError) as error:
            _log.warning("sweep %s: %s", sweep_id, error)


def register(app: Celery, settings: Settings, worker: str, queues: Callable[[], Sequence[str]]) -> Task:
    """Bind the task to an app."""

    @app.task(name=TICKET)
    def ticket() -> None:
        work(settings, worker, queues())

    return ticket
