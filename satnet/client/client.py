"""HTTP with retries, and experiments as objects."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import stamina

from satnet.client import protocol
from satnet.client.errors import APIConnectionError, WaitTimeout
from satnet.client.results import Epochs, Finding, findings
from satnet.client.sweeps import Sweeps

Update = Callable[["Experiment"], None]
Values = list[Any]
Found = list["Experiment"]


class Experiment:
    """One experiment as last read; `experiment["status"]` and `experiment.status` are the same."""

    def __init__(self, client: "Client", document: dict[str, Any], etag: str | None = None) -> None:
        self._client, self.document, self.etag = client, document, etag

    def __getattr__(self, name: str) -> Any:
        try:
            return self.document[name]
        except KeyError:
            raise AttributeError(f"an experiment has no {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    def __repr__(self) -> str:
        return f"<Experiment {self.document['id']} {self.document['status']}>"

    @property
    def epochs(self) -> Epochs:
        """All measured epochs."""
        return self._client.experiments.epochs(self.document["id"])

    @property
    def findings(self) -> list[Finding]:
        """The diagnosis as of this reading."""
        return findings(self.document["findings"], self._client, self.document["id"])

    def units(self, layer: str | None = None, epoch: int | None = None) -> dict[str, Any]:
        """Per-unit arrays of a layer and epoch (default: all layers, the last epoch)."""
        return self._client.experiments.units(self.document["id"], layer, epoch)

    def cancel(self) -> "Experiment":
        """Ask for its end."""
        return self._client.experiments.cancel(self.document["id"])

    def predict(self, instances: Sequence[Any]) -> list[Any]:
        """The trained model's outputs for raw (not standardized) instances."""
        return self._client.experiments.predict(self.document["id"], instances)

    def script(self) -> str:
        """The same experiment as a stand-alone Keras program."""
        return self._client.request("GET", f"/v1/experiments/{self.document['id']}/script").text

    def download(self, path: str | Path) -> Path:
        """Write the trained model, `.keras`, to `path`."""
        answer = self._client.request("GET", f"/v1/experiments/{self.document['id']}/model")
        Path(path).write_bytes(answer.content)
        return Path(path)

    def wait(
        self, timeout: float | None = None, on_update: Update | None = None, progress: bool = False
    ) -> "Experiment":
        """Return it when it is over, however it ended; with `progress`, show a bar. Raises WaitTimeout."""
        with contextlib.ExitStack() as stack:
            if progress and on_update is None:
                from rich.console import Console

                from satnet.terminal.progress import Bar

                on_update = stack.enter_context(Bar(Console(stderr=True, markup=False, emoji=False))).experiment
            return self._client.experiments.wait(self.document["id"], timeout, on_update)


class Experiments:
    """`/v1/experiments`."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, spec: object, idempotency_key: str | None = None) -> Experiment:
        """Submit a spec (a mapping, an ExperimentSpec, a JSON file); one key is kept across all retries."""
        headers, body = protocol.keyed(idempotency_key), protocol.body_of(spec)
        return self._read(self._client.request("POST", "/v1/experiments", json=body, headers=headers))

    def dry_run(self, spec: object) -> dict[str, Any]:
        """The normalised spec, its size, an estimate and static findings; nothing is stored."""
        body = protocol.body_of(spec)
        told: dict[str, Any] = self._client.request("POST", "/v1/experiments?dry_run=true", json=body).json()
        return told

    def get(self, experiment_id: str) -> Experiment:
        """One experiment."""
        return self._read(self._client.request("GET", f"/v1/experiments/{experiment_id}"))

    def list(self, **query: Any) -> Iterator[Experiment]:
        """All that match, page by page as they are needed."""
        while True:
            page = self._client.request("GET", "/v1/experiments", params=query).json()
            yield from (Experiment(self._client, document) for document in page["data"])
            if not page["has_more"]:
                return
            query["after"] = page["next"]

    def cancel(self, experiment_id: str) -> Experiment:
        """Ask for its end."""
        return self._read(self._client.request("POST", f"/v1/experiments/{experiment_id}/cancel"))

    def pause(self, experiment_id: str) -> Experiment:
        """At once where it is queued, at the end of its epoch where it runs."""
        return self._read(self._client.request("POST", f"/v1/experiments/{experiment_id}/pause"))

    def resume(self, experiment_id: str) -> Experiment:
        """Queue a paused, failed or cancelled one again; it goes on from its checkpoint."""
        return self._read(self._client.request("POST", f"/v1/experiments/{experiment_id}/resume"))

    def retry(self, experiment_id: str) -> Experiment:
        """Queue a failed or cancelled one again; it starts anew."""
        return self._read(self._client.request("POST", f"/v1/experiments/{experiment_id}/retry"))

    def delete(self, experiment_id: str) -> None:
        """Delete a terminal experiment."""
        self._client.request("DELETE", f"/v1/experiments/{experiment_id}")

    def epochs(self, experiment_id: str) -> Epochs:
        """All measured epochs."""
        records = self._client.request("GET", f"/v1/experiments/{experiment_id}/epochs").json()["data"]
        return Epochs(records, lambda layer, epoch: self.units(experiment_id, layer, epoch))

    def units(self, experiment_id: str, layer: str | None = None, epoch: int | None = None) -> dict[str, Any]:
        """Per-unit arrays."""
        query = {key: value for key, value in (("layer", layer), ("epoch", epoch)) if value is not None}
        path = f"/v1/experiments/{experiment_id}/units"
        told: dict[str, Any] = self._client.request("GET", path, params=query).json()
        return told

    def predict(self, experiment_id: str, instances: Sequence[Any]) -> Values:
        """The trained model's outputs."""
        path = f"/v1/experiments/{experiment_id}/predict"
        answer = self._client.request("POST", path, json={"instances": list_of(instances)})
        return list_of(answer.json()["predictions"])

    def remedy(self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1) -> Found:
        """Submit a finding's remedy; one experiment a repeat."""
        submitted = self.remedy_with_baselines(experiment_id, finding, number, repeats)
        return [one for one in submitted if one["parent"]["role"] == "remedy"]

    def remedy_with_baselines(self, experiment_id: str, finding: str, number: int = 0, repeats: int = 1) -> Found:
        """As `remedy`, and the unpatched runs of the further seeds behind them."""
        body = {"remedy": number, "repeats": repeats}
        path, headers = f"/v1/experiments/{experiment_id}/findings/{finding}/remedy", protocol.keyed(None)
        answer = self._client.request("POST", path, json=body, headers=headers).json()
        return [Experiment(self._client, one) for one in answer["data"] + answer["baselines"]]

    def clone(self, experiment_id: str, patch: Sequence[Mapping[str, Any]] = ()) -> Experiment:
        """The same experiment again, with a JSON Patch of its spec."""
        path, headers = f"/v1/experiments/{experiment_id}/clone", protocol.keyed(None)
        body = {"patch": [dict(one) for one in patch]}
        return self._read(self._client.request("POST", path, json=body, headers=headers))

    def compare(self, *identities: str) -> dict[str, Any]:
        """Two or more experiments side by side, the first one as the baseline."""
        query = {"ids": ",".join(identities)}
        told: dict[str, Any] = self._client.request("GET", "/v1/compare", params=query).json()
        return told

    def wait(self, experiment_id: str, timeout: float | None = None, on_update: Update | None = None) -> Experiment:
        """Long-poll until it is over. Raises WaitTimeout."""
        until = None if timeout is None else time.monotonic() + timeout
        experiment = self.get(experiment_id)
        while True:
            if on_update:
                on_update(experiment)
            if experiment["is_terminal"]:
                return experiment
            left = protocol.HELD if until is None else until - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"{experiment_id} is {experiment['status']} after {timeout} s")
            headers = protocol.poll_headers(left, experiment.etag)
            response = self._client.request("GET", f"/v1/experiments/{experiment_id}", headers=headers)
            if response.status_code != 304:
                experiment = self._read(response)

    def _read(self, response: httpx.Response) -> Experiment:
        return Experiment(self._client, response.json(), response.headers.get("ETag"))


def list_of(items: Any) -> list[Any]:
    """A plain list, from NumPy arrays too."""
    return list(items.tolist() if hasattr(items, "tolist") else items)


class Client:
    """A satnet service; `SATNET_URL` and `SATNET_API_KEY` unless given."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(**protocol.options(url, api_key, timeout), transport=transport)
        self.experiments = Experiments(self)
        self.sweeps = Sweeps(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, repeated while the service is away or busy; all of satnet's requests may be."""
        retrying = stamina.retry_context(
            on=(httpx.TransportError, protocol.Again),
            attempts=protocol.ATTEMPTS,
            wait_max=protocol.LONGEST_PAUSE,
        )
        try:
            for attempt in retrying:
                with attempt:
                    response = self._http.request(method, path, **more)
                    if response.status_code in protocol.RETRIED:
                        raise protocol.Again(response)
        except httpx.TransportError as error:
            raise APIConnectionError(f"{self._http.base_url} cannot be reached: {error}") from error
        except protocol.Again as again:
            response = again.response
        return protocol.raise_for_problem(response)

    def presets(self) -> Sequence[Mapping[str, Any]]:
        """Ready specs with a line each."""
        found: list[Mapping[str, Any]] = self.request("GET", "/v1/presets").json()["data"]
        return found
