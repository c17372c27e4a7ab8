"""When checkpoints are taken: now and then, and before a run lets go because somebody asked."""

import time
from collections.abc import Callable

from satnet.errors import Interrupted
from satnet.training.checkpoint import Checkpoint

_SHORT = 2.0  # seconds: an epoch that is so short is finished before a run lets go
_LATER = ("drain", "pause")  # those who ask for these want the run to go on later


class CheckpointSchedule:
    """Stands between training and whoever may stop it."""

    def __init__(
        self, check: Callable[[], None], save: Callable[[Checkpoint], None] | None, every: float = 10.0
    ) -> None:
        """`check` raises Interrupted; `save` keeps a checkpoint; `every`: seconds from one to the next at least."""
        self._check, self._save, self._every = check, save, every
        self._saved = time.monotonic()
        self._short = False  # how long an epoch takes is not known before one is over
        self._latest: Checkpoint | None = None
        self._leaving: Interrupted | None = None

    def check(self, *, under_way: bool = True) -> None:
        """Raise Interrupted: at once, or, with an epoch `under_way` that is soon over, at its end."""
        try:
            self._check()
        except Interrupted as interruption:
            if self._save is None or interruption.reason not in _LATER:
                raise
            if self._short and under_way:
                self._leaving = interruption
                return
            if self._latest is not None:
                self._save(self._latest)
            raise

    def epoch_over(self, make: Callable[[], Checkpoint], seconds: float) -> None:
        """Take a checkpoint if one is due; let go if somebody asked meanwhile."""
        if self._save is None:
            return
        self._short = seconds < _SHORT
        due = time.monotonic() - self._saved >= self._every
        if due or self._leaving is not None:
            self._save(make())
            self._latest, self._saved = None, time.monotonic()
        elif not self._short:  # a copy costs nothing beside such an epoch
            self._latest = make()
        if self._leaving is not None:
            raise self._leaving
