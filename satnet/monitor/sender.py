"""Records on their way to a service, from a thread of their own: training never waits for the network."""

import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from satnet.client import Client, ClientError
from satnet.records.epoch_log import LoggedEpoch
from satnet.records.json_safe import json_safe
from satnet.spec.external import ExternalSpec

_log = logging.getLogger(__name__)
_PATIENCE = 60.0  # seconds that the end of training waits for what is still to be sent
_MOST_SENT = 200_000  # bytes of a record with its per-unit arrays; above, the arrays stay here


class Report(NamedTuple):
    """What is sent at once."""

    records: Sequence[Mapping[str, object]]
    end: str | None = None
    message: str | None = None


class Sender:
    """Creates an experiment of kind external and sends it epoch after epoch; a failure is logged once."""

    def __init__(self, url: str) -> None:
        """Nothing is sent before `open`."""
        self._url = url
        self.experiment: str | None = None
        self._waiting: queue.Queue[Report | None] = queue.Queue()

    def open(self, spec: ExternalSpec) -> None:
        """Create the experiment. Raises ClientError where the service cannot be reached or refuses."""
        self._client = Client(self._url)
        self.experiment = self._client.experiments.create(spec.model_dump(mode="json"))["id"]
        self._thread = threading.Thread(target=self._serve, args=(self.experiment,), name="satnet-sender", daemon=True)
        self._thread.start()

    def send(self, logged: LoggedEpoch) -> None:
        """Queue a record, with its per-unit arrays where they are not too large."""
        whole: dict[str, object] = json_safe({**logged.record, "units": logged.units})
        if len(json.dumps(whole)) > _MOST_SENT:
            del whole["units"]
        self._waiting.put(Report([whole]))

    def end(self, *, failed: bool) -> None:
        """Say how training ended, and wait until all is sent."""
        end = Report([], "failed", "the training loss is not finite") if failed else Report([], "succeeded")
        self._waiting.put(end)
        self._waiting.put(None)
        self._thread.join(_PATIENCE)
        self._client.close()

    def _serve(self, experiment: str) -> None:
        while (report := self._waiting.get()) is not None:
            try:
                self._client.experiments.report(experiment, *report)
            except ClientError as error:
                _log.warning("records of %s are not sent any more: %s", experiment, error)
                return
