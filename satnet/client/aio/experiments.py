"""Experiments as objects, and `/v1/experiments`, for asyncio."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from satnet.client.aio.transport import AsyncTransport
from satnet.client.documents import ReadExperiment
from satnet.client.protocol import HELD, Deadline, QueryValue, Request
from satnet.client.results import Epochs, Finding, Predictions
from satnet.client.routes import experiments as routes
from satnet.client.routes.bodies import Json
from satnet.records.schema import Event, ExperimentDocument, UnitsAnswer

Update = Callable[["AsyncExperiment"], Awaitable[None] | None]
Findings = list[Finding[Awaitable["AsyncExperiment"]]]
Submitted = list["AsyncExperiment"]
Measured = Epochs[Awaitable[UnitsAnswer]]


class AsyncExperiment(ReadExperiment):
    """One experiment as last read, and what can be done with it."""

    def __init__(self, experiments: "AsyncExperiments", document: ExperimentDocument, etag: str | None = None) -> None:
        super().__init__(document, etag)
        self._experiments = experiments

    async def epochs(self) -> Measured:
        """All measured epochs."""
        return await self._experiments.epochs(self.document["id"])

    @property
    def findings(self) -> Findings:
        """The diagnosis as of this reading."""
        return self._experiments._findings(self.document["id"], self.document["findings"])

    async def units(self, layer: str | None = None, epoch: int | None = None) -> UnitsAnswer:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch)."""
        return await self._experiments.units(self.document["id"], layer, epoch)

    async def cancel(self) -> "AsyncExperiment":
        """Ask for its end."""
        return await self._experiments.cancel(self.document["id"])

    async def predict(self, instances: Iterable[object]) -> Predictions:
        """The trained model's outputs for raw (not standardized) instances."""
        return await self._experiments.predict(self.document["id"], instances)

    async def script(self) -> str:
        """The same experiment as a stand-alone Keras program."""
        return await self._experiments.script(self.document["id"])

    async def download(self, path: str | Path) -> Path:
        """Write the trained model, `.keras`, to `path`."""
        return await self._experiments.download(self.document["id"], path)

    async def wait(
        self, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> "AsyncExperiment":
        """Return it when it is over, however it ended; with `progress`, show a bar. Raises WaitTimeout."""
        return await self._experiments.wait(self.document["id"], timeout, on_update, progress)


class AsyncExperiments:
    """`/v1/experiments`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, spec: object, idempotency_key: str | None = None) -> AsyncExperiment:
        """Submit a spec (a mapping, an ExperimentSpec, a JSON file); one key is kept across all retries."""
        return await self._one(routes.create(spec, idempotency_key))

    async def dry_run(self, spec: object) -> Json:
        """The normalised spec, its size, an estimate and static findings; nothing is stored."""
        return await self._transport.send(routes.dry_run(spec))

    async def get(self, experiment_id: str) -> AsyncExperiment:
        """One experiment."""
        return await self._one(routes.get(experiment_id))

    async def list(self, **query: QueryValue) -> AsyncIterator[AsyncExperiment]:
        """All that match, page by page as they are needed; short rows, of which `get` reads the whole."""
        async for row in self._transport.pages(routes.list_(query)):
            yield AsyncExperiment(self, cast(ExperimentDocument, row))

    async def update(self, experiment_id: str, **changes: object) -> AsyncExperiment:
        """Change `name`, `labels`, `priority` or `keep`."""
        return await self._one(routes.update(experiment_id, changes))

    async def cancel(self, experiment_id: str) -> AsyncExperiment:
        """Ask for its end."""
        return await self._one(routes.act(experiment_id, "cancel"))

    async def pause(self, experiment_id: str) -> AsyncExperiment:
        """Pause a queued one at once, a running one at the end of its epoch."""
        return await self._one(routes.act(experiment_id, "pause"))

    async def resume(self, experiment_id: str) -> AsyncExperiment:
        """Queue a paused, failed or cancelled one again; it goes on from its checkpoint."""
        return await self._one(routes.act(experiment_id, "resume"))

    async def retry(self, experiment_id: str) -> AsyncExperiment:
        """Queue a failed or cancelled one again; it starts anew."""
        return await self._one(routes.act(experiment_id, "retry"))

    async def delete(self, experiment_id: str) -> None:
        """Delete an experiment that is over, and all it left."""
        await self._transport.send(routes.delete(experiment_id))

    async def epochs(self, experiment_id: str, after_epoch: int | None = None, fold: int | None = None) -> Measured:
        """All measured epochs, or those after `after_epoch`, of one fold."""
        records = await self._transport.send(routes.epochs(experiment_id, after_epoch, fold))
        return Epochs(records, lambda layer, epoch: self.units(experiment_id, layer, epoch, fold))

    async def report(
        self,
        experiment_id: str,
        records: Iterable[Mapping[str, object]],
        end: str | None = None,
        message: str | None = None,
    ) -> AsyncExperiment:
        """Add epochs to an experiment of kind external; `end` is the status in which its training ended."""
        return await self._one(routes.report(experiment_id, records, end, message))

    async def units(
        self, experiment_id: str, layer: str | None = None, epoch: int | None = None, fold: int | None = None
    ) -> UnitsAnswer:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch)."""
        return await self._transport.send(routes.units(experiment_id, layer, epoch, fold))

    def events(self, experiment_id: str, after: str | None = None) -> AsyncIterator[Event]:
        """What has happened so far, from the event behind id `after` on."""
        return self._transport.pages(routes.events(experiment_id, after))

    async def findings(self, experiment_id: str) -> Findings:
        """The diagnosis, ordered by cause."""
        return self._findings(experiment_id, await self._transport.send(routes.findings(experiment_id)))

    async def remedy(self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1) -> Submitted:
        """Submit a finding's remedy; one experiment a repeat."""
        submitted = await self._transport.send(routes.remedy(experiment_id, finding, number, repeats))
        return [AsyncExperiment(self, one) for one in submitted.remedies]

    async def remedy_with_baselines(
        self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1
    ) -> Submitted:
        """As `remedy`, followed by the unpatched runs of the further seeds."""
        submitted = await self._transport.send(routes.remedy(experiment_id, finding, number, repeats))
        return [AsyncExperiment(self, one) for one in submitted.remedies + submitted.baselines]

    async def clone(self, experiment_id: str, patch: Sequence[Mapping[str, object]] = ()) -> AsyncExperiment:
        """Submit the same experiment again, with a JSON Patch of its spec."""
        return await self._one(routes.clone(experiment_id, patch))

    async def compare(self, *experiment_ids: str) -> Json:
        """Compare two or more experiments; the first is the baseline."""
        return await self._transport.send(routes.compare(experiment_ids))

    async def script(self, experiment_id: str) -> str:
        """The same experiment as a stand-alone Keras program."""
        return await self._transport.send(routes.script(experiment_id))

    async def download(self, experiment_id: str, path: str | Path) -> Path:
        """Write the trained model, `.keras`, to `path`."""
        Path(path).write_bytes(await self._transport.send(routes.model(experiment_id)))
        return Path(path)

    async def predict(self, experiment_id: str, instances: Iterable[object]) -> Predictions:
        """The trained model's outputs for raw (not standardized) instances."""
        return await self._transport.send(routes.predict(experiment_id, instances))

    async def wait(
        self,
        experiment_id: str,
        timeout: float | None = None,
        on_update: Update | None = None,
        progress: bool = False,
    ) -> AsyncExperiment:
        """Long-poll until it is over; with `progress`, show a bar. Raises WaitTimeout."""
        if progress and on_update is None:
            with _bar() as update:
                return await self.wait(experiment_id, timeout, update)
        deadline, experiment = Deadline(timeout), await self.get(experiment_id)
        while True:
            if on_update and (pending := on_update(experiment)):
                await pending
            if experiment["is_terminal"]:
                return experiment
            seconds = deadline.left(experiment_id, experiment["status"], HELD)
            if reading := await self._transport.send(routes.poll(experiment_id, experiment.etag, seconds)):
                experiment = AsyncExperiment(self, *reading)

    async def _one(self, request: Request[routes.Reading]) -> AsyncExperiment:
        return AsyncExperiment(self, *await self._transport.send(request))

    def _findings(self, experiment_id: str, records: Iterable[Mapping[str, object]]) -> Findings:
        async def submit(finding: str, number: int, repeats: int) -> AsyncExperiment:
            return (await self.remedy(experiment_id, finding, number, repeats))[0]

        return [Finding(record, submit) for record in records]


@contextmanager
def _bar() -> Iterator[Update]:
    from satnet.terminal.progress import ExperimentBar

    with ExperimentBar() as bar:

        async def update(experiment: AsyncExperiment) -> None:
            running = experiment["status"] == "running" and bar.visible
            records = await experiment.epochs() if running else None
            bar.document(experiment.document, records[-1] if records else None)

        yield update
