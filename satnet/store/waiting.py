"""How long a queued experiment may wait, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from satnet.records.schema import WorkerRow


@dataclass(frozen=True)
class Waiting:
    """A queued experiment's place in its queue, counted from 1; None while it waits out a back-off."""

    position: int | None
    eta_s: float | None
    message: str


@dataclass(frozen=True)
class Load:
    """What the expected wait follows from: workers, and how many ms the latest experiments ran."""

    workers: Sequence[WorkerRow]
    recent: Sequence[float]

    def waiting(self, queue: str, rank: int | None) -> Waiting:
        """For the experiment at `rank`, counted from 0; None: it is in no queue yet."""
        if rank is None:
            return Waiting(None, None, "waiting to be retried")
        takers = [one for one in self.workers if queue in one.get("queues", ())]
        if not takers:
            return Waiting(rank + 1, None, f"no worker takes from queue {queue}; start one")
        eta = None
        if self.recent:
            eta = round(rank * sum(self.recent) / len(self.recent) / len(takers) / 1000, 1)
        return Waiting(rank + 1, eta, f"{rank} ahead of it in queue {queue}")
