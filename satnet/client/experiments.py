"""Experiments as objects, and `/v1/experiments`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from satnet.client.documents import ReadExperiment
from satnet.client.protocol import HELD, Deadline, QueryValue, Request
from satnet.client.results import Epochs, Finding, Predictions
from satnet.client.routes import experiments as routes
from satnet.client.routes.bodies import Json
from satnet.client.transport import Transport
from satnet.records.schema import Event, ExperimentDocument, UnitsAnswer

Update = Callable[["Experiment"], None]
Findings = list[Finding["Experiment"]]
Submitted = list["Experiment"]


class Experiment(ReadExperiment):
    """One experiment as last read, and what can be done with it."""

    def __init__(self, experiments: "Experiments", document: ExperimentDocument, etag: str | None = None) -> None:
        super().__init__(document, etag)
        self._experiments = experiments

    @property
    def epochs(self) -> Epochs[UnitsAnswer]:
        """All measured epochs."""
        return self._experiments.epochs(self.document["id"])

    @property
    def findings(self) -> Findings:
        """The diagnosis as of this reading."""
        return self._experiments._findings(self.document["id"], self.document["findings"])

    def units(self, layer: str | None = None, epoch: int | None = None) -> UnitsAnswer:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch)."""
        return self._experiments.units(self.document["id"], layer, epoch)

    def cancel(self) -> "Experiment":
        """Ask for its end."""
        return self._experiments.cancel(self.document["id"])

    def predict(self, instances: Iterable[object]) -> Predictions:
        """The trained model's outputs for raw (not standardized) instances."""
        return self._experiments.predict(self.document["id"], instances)

    def script(self) -> str:
        """The same experiment as a stand-alone Keras program."""
        return self._experiments.script(self.document["id"])

    def download(self, path: str | Path) -> Path:
        """Write the trained model, `.keras`, to `path`."""
        return self._experiments.download(self.document["id"], path)

    def wait(
        self, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> "Experiment":
        """Return it when it is over, however it ended; with `progress`, show a bar. Raises WaitTimeout."""
        return self._experiments.wait(self.document["id"], timeout, on_update, progress)


class Experiments:
    """`/v1/experiments`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, spec: object, idempotency_key: str | None = None) -> Experiment:
        """Submit a spec (a mapping, an ExperimentSpec, a JSON file); one key is kept across all retries."""
        return self._one(routes.create(spec, idempotency_key))

    def dry_run(self, spec: object) -> Json:
        """The normalised spec, its size, an estimate and static findings; nothing is stored."""
        return self._transport.send(routes.dry_run(spec))

    def get(self, experiment_id: str) -> Experiment:
        """One experiment."""
        return self._one(routes.get(experiment_id))

    def list(self, **query: QueryValue) -> Iterator[Experiment]:
        """All that match, page by page as they are needed; short rows, of which `get` reads the whole."""
        for row in self._transport.pages(routes.list_(query)):
            yield Experiment(self, cast(ExperimentDocument, row))

    def update(self, experiment_id: str, **changes: object) -> Experiment:
        """Change `name`, `labels`, `priority` or `keep`."""
        return self._one(routes.update(experiment_id, changes))

    def cancel(self, experiment_id: str) -> Experiment:
        """Ask for its end."""
        return self._one(routes.act(experiment_id, "cancel"))

    def pause(self, experiment_id: str) -> Experiment:
        """Pause a queued one at once, a running one at the end of its epoch."""
        return self._one(routes.act(experiment_id, "pause"))

    def resume(self, experiment_id: str) -> Experiment:
        """Queue a paused, failed or cancelled one again; it goes on from its checkpoint."""
        return self._one(routes.act(experiment_id, "resume"))

    def retry(self, experiment_id: str) -> Experiment:
        """Queue a failed or cancelled one again; it starts anew."""
        return self._one(routes.act(experiment_id, "retry"))

    def delete(self, experiment_id: str) -> None:
        """Delete an experiment that is over, and all it left."""
        self._transport.send(routes.delete(experiment_id))

    def epochs(
        self, experiment_id: str, after_epoch: int | None = None, fold: int | None = None
    ) -> Epochs[UnitsAnswer]:
        """All measured epochs, or those after `after_epoch`, of one fold."""
        records = self._transport.send(routes.epochs(experiment_id, after_epoch, fold))
        return Epochs(records, lambda layer, epoch: self.units(experiment_id, layer, epoch, fold))

    def report(
        self,
        experiment_id: str,
        records: Iterable[Mapping[str, object]],
        end: str | None = None,
        message: str | None = None,
    ) -> Experiment:
        """Add epochs to an experiment of kind external; `end` is the status in which its training ended."""
        return self._one(routes.report(experiment_id, records, end, message))

    def units(
        self, experiment_id: str, layer: str | None = None, epoch: int | None = None, fold: int | None = None
    ) -> UnitsAnswer:
        """Per-unit arrays of a layer and epoch (default: all layers, the latest epoch)."""
        return self._transport.send(routes.units(experiment_id, layer, epoch, fold))

    def events(self, experiment_id: str, after: str | None = None) -> Iterator[Event]:
        """What has happened so far, from the event behind id `after` on."""
        return self._transport.pages(routes.events(experiment_id, after))

    def findings(self, experiment_id: str) -> Findings:
        """The diagnosis, ordered by cause."""
        return self._findings(experiment_id, self._transport.send(routes.findings(experiment_id)))

    def remedy(self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1) -> Submitted:
        """Submit a finding's remedy; one experiment a repeat."""
        submitted = self._transport.send(routes.remedy(experiment_id, finding, number, repeats))
        return [Experiment(self, one) for one in submitted.remedies]

    def remedy_with_baselines(self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1) -> Submitted:
        """As `remedy`, followed by the unpatched runs of the further seeds."""
        submitted = self._transport.send(routes.remedy(experiment_id, finding, number, repeats))
        return [Experiment(self, one) for one in submitted.remedies + submitted.baselines]

    def clone(self, experiment_id: str, patch: Sequence[Mapping[str, object]] = ()) -> Experiment:
        """Submit the same experiment again, with a JSON Patch of its spec."""
        return self._one(routes.clone(experiment_id, patch))

    def compare(self, *experiment_ids: str) -> Json:
        """Compare two or more experiments; the first is the baseline."""
        return self._transport.send(routes.compare(experiment_ids))

    def script(self, experiment_id: str) -> str:
        """The same experiment as a stand-alone Keras program."""
        return self._transport.send(routes.script(experiment_id))

    def download(self, experiment_id: str, path: str | Path) -> Path:
        """Write the trained model, `.keras`, to `path`."""
        Path(path).write_bytes(self._transport.send(routes.model(experiment_id)))
        return Path(path)

    def predict(self, experiment_id: str, instances: Iterable[object]) -> Predictions:
        """The trained model's outputs for raw (not standardized) instances."""
        return self._transport.send(routes.predict(experiment_id, instances))

    def wait(
        self,
        experiment_id: str,
        timeout: float | None = None,
        on_update: Update | None = None,
        progress: bool = False,
    ) -> Experiment:
        """Long-poll until it is over; with `progress`, show a bar. Raises WaitTimeout."""
        if progress and on_update is None:
            with _bar() as update:
                return self.wait(experiment_id, timeout, update)
        deadline, experiment = Deadline(timeout), self.get(experiment_id)
        while True:
            if on_update:
                on_update(experiment)
            if experiment["is_terminal"]:
                return experiment
            seconds = deadline.left(experiment_id, experiment["status"], HELD)
            if reading := self._transport.send(routes.poll(experiment_id, experiment.etag, seconds)):
                experiment = Experiment(self, *reading)

    def _one(self, request: Request[routes.Reading]) -> Experiment:
        return Experiment(self, *self._transport.send(request))

    def _findings(self, experiment_id: str, records: Iterable[Mapping[str, object]]) -> Findings:
        def submit(finding: str, number: int, repeats: int) -> Experiment:
            return self.remedy(experiment_id, finding, number, repeats)[0]

        return [Finding(record, submit) for record in records]


@contextmanager
def _bar() -> Iterator[Update]:
    from satnet.terminal.progress import ExperimentBar

    with ExperimentBar() as bar:

        def update(experiment: Experiment) -> None:
            running = experiment["status"] == "running" and bar.visible
            records = experiment.epochs if running else None
            bar.document(experiment.document, records[-1] if records else None)

        yield update
