"""Sweeps as objects, and `/v1/sweeps`."""

import time
from collections.abc import Callable, Iterator, Mapping

from satnet.client.documents import ReadSweep
from satnet.client.protocol import PAUSE, Deadline, QueryValue, Request
from satnet.client.routes import sweeps as routes
from satnet.client.routes.bodies import Json
from satnet.client.transport import Transport
from satnet.records.schema import BestAnswer, ImportanceAnswer, SweepDocument, TrialRow

Update = Callable[["Sweep"], None]
Trials = list[TrialRow]


class Sweep(ReadSweep):
    """One sweep as last read, and what can be done with it."""

    def __init__(self, sweeps: "Sweeps", document: Mapping[str, object]) -> None:
        super().__init__(document)
        self._sweeps = sweeps

    def wait(self, timeout: float | None = None, on_update: Update | None = None, progress: bool = False) -> "Sweep":
        """Return it when it is over, however it ended; with `progress`, show a bar. Raises WaitTimeout."""
        return self._sweeps.wait(self["id"], timeout, on_update, progress)

    def trials(self, **query: QueryValue) -> Trials:
        """One row a trial; `status`, `sort` (value, -value, seconds, trial)."""
        return self._sweeps.trials(self["id"], **query)

    def ranking(self) -> BestAnswer:
        """The best point with its interval, and whether it is better than the others by more than the noise."""
        return self._sweeps.best(self["id"])


class Sweeps:
    """`/v1/sweeps`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, spec: object, idempotency_key: str | None = None) -> Sweep:
        """Submit a sweep (a mapping or a JSON file); one key is kept across all retries."""
        return self._one(routes.create(spec, idempotency_key))

    def dry_run(self, spec: object) -> Json:
        """How many trials it would be, which points are no valid specs, and an estimate; nothing is stored."""
        return self._transport.send(routes.dry_run(spec))

    def get(self, sweep_id: str) -> Sweep:
        """One sweep with its progress and the best so far."""
        return self._one(routes.get(sweep_id))

    def list(self, **query: QueryValue) -> Iterator[Sweep]:
        """All that match (`status`), newest first, page by page as they are needed."""
        for document in self._transport.pages(routes.list_(query)):
            yield Sweep(self, document)

    def trials(self, sweep_id: str, **query: QueryValue) -> Trials:
        """One row a trial; `status`, `sort` (value, -value, seconds, trial)."""
        return self._transport.send(routes.trials(sweep_id, query))

    def best(self, sweep_id: str) -> BestAnswer:
        """The best point with its interval, and whether it is better than the others by more than the noise."""
        return self._transport.send(routes.best(sweep_id))

    def importance(self, sweep_id: str, method: str = "fanova") -> ImportanceAnswer:
        """How much of the objective's variance each parameter explains."""
        return self._transport.send(routes.importance(sweep_id, method))

    def cancel(self, sweep_id: str) -> Sweep:
        """Cancel all trials that are not over."""
        return self._one(routes.act(sweep_id, "cancel"))

    def pause(self, sweep_id: str) -> Sweep:
        """Pause its trials; they keep their checkpoints."""
        return self._one(routes.act(sweep_id, "pause"))

    def resume(self, sweep_id: str) -> Sweep:
        """Let a paused or cancelled sweep go on."""
        return self._one(routes.act(sweep_id, "resume"))

    def rerun_failed(self, sweep_id: str) -> Sweep:
        """Start the trials that failed anew."""
        return self._one(routes.act(sweep_id, "rerun-failed"))

    def wait(
        self, sweep_id: str, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> Sweep:
        """Poll until it is over; with `progress`, show a bar. Raises WaitTimeout."""
        if progress and on_update is None:
            from satnet.terminal.progress import SweepBar

            with SweepBar() as bar:
                return self.wait(sweep_id, timeout, lambda sweep: bar.document(sweep.document))
        deadline = Deadline(timeout)
        while True:
            sweep = self.get(sweep_id)
            if on_update:
                on_update(sweep)
            if sweep["is_terminal"]:
                return sweep
            time.sleep(deadline.left(sweep_id, sweep["status"], PAUSE))

    def _one(self, request: Request[SweepDocument]) -> Sweep:
        return Sweep(self, self._transport.send(request))
