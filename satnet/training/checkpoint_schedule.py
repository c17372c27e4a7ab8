"""When checkpoints are taken: now and then, and before an interrupted run stops."""

import time
from collections.abc import Callable

from satnet.errors import Interrupted
from satnet.training.checkpoint import Checkpoint

_SHORT = 2.0  # seconds: an epoch that is so short is finished before a run stops
_RESUMABLE = ("drain", "pause")  # those who ask for these want the run to go on later


class CheckpointSchedule:
    """Stands between training and whoever may stop it."""

    def __init__(
        self, check: Callable[[], None], save: Callable[[Checkpoint], None] | None, every: float = 10.0
    ) -> None:
        """`check` raises Interrupted; `save` keeps a checkpoint; `every`: seconds from one to the next at least."""
        self._check, self._save, self._every = check, save, every
        self._saved_at = time.monotonic()
        self._epochs_are_short = False  # how long an epoch takes is not known before one is over
        self._unsaved: Checkpoint | None = None
        self._interruption: Interrupted | None = None  # that waits for the end of the epoch

    def check(self, *, under_way: bool = True) -> None:
        """Raise Interrupted: at once, or, with an epoch `under_way` that is soon over, at its end."""
        try:
            self._check()
        except Interrupted as interruption:
            if self._save is None or interruption.reason not in _RESUMABLE:
                raise
            if self._epochs_are_short and under_way:
                self._interruption = interruption
                return
            if self._unsaved is not None:
                self._save(self._unsaved)
            raise

    def epoch_over(self, make: Callable[[], Checkpoint], seconds: float) -> None:
        """Take a checkpoint if one is due; raise the Interrupted that came during the epoch."""
        if self._save is None:
            return
        self._epochs_are_short = seconds < _SHORT
        due = time.monotonic() - self._saved_at >= self._every
        if due or self._interruption is not None:
            self._save(make())
            self._unsaved, self._saved_at = None, time.monotonic()
        elif not self._epochs_are_short:  # a copy costs nothing beside such an epoch
            self._unsaved = make()
        if self._interruption is not None:
            raise self._interruption
