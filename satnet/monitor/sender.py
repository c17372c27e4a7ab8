"""Records on their way to a service, from a thread of their own: training never waits for the network."""

import json
import logging
import queue
import threading
from typing import Any

from satnet.client import Client, ClientError
from satnet.client.protocol import keyed
from satnet.spec.external import ExternalSpec

_log = logging.getLogger(__name__)
_PATIENCE = 60.0  # seconds that the end of training waits for what is still to be sent


class Sender:
    """Creates an experiment of kind external and sends it epoch after epoch; a failure is told once, in the log."""

    def __init__(self, url: str) -> None:
        """Nothing is sent before `open`."""
        self._url = url
        self.experiment: str | None = None
        self._waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def open(self, spec: ExternalSpec) -> None:
        """Create the experiment. Raises ClientError where the service cannot be reached or refuses."""
        self._client = Client(self._url)
        body = spec.model_dump(mode="json")
        answer = self._client.request("POST", "/v1/experiments", json=body, headers=keyed(None)).json()
        self.experiment = str(answer["id"])
        self._thread = threading.Thread(target=self._serve, name="satnet-sender", daemon=True)
        self._thread.start()

    def send(self, record: dict[str, Any], units: dict[str, Any] | None, most: int) -> None:
        """Queue a record; its per-unit arrays go along up to `most` bytes."""
        whole = record | {"units": units}
        self._waiting.put({"data": [whole if len(json.dumps(whole)) <= most else record]})

    def end(self, *, failed: bool) -> None:
        """Say how training ended, and wait until all is sent."""
        message = "the training loss is not finite" if failed else None
        self._waiting.put({"end": "failed" if failed else "succeeded", "message": message})
        self._waiting.put(None)
        self._thread.join(_PATIENCE)
        self._client.close()

    def _serve(self) -> None:
        while (body := self._waiting.get()) is not None:
            try:
                self._client.request("POST", f"/v1/experiments/{self.experiment}/epochs", json=body)
            except ClientError as error:
                _log.warning("records of %s are not sent any more: %s", self.experiment, error)
                return
