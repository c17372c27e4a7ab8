"""`/v1/experiments` and `/v1/compare`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import httpx

from satnet.client.protocol import HELD, Page, QueryValue, Request, keyed
from satnet.client.results import Predictions
from satnet.client.routes import bodies
from satnet.records.schema import EpochRecord, Event, ExperimentDocument, ExperimentRow, FindingRecord, UnitsAnswer

PATH = "/v1/experiments"


class Reading(NamedTuple):
    """A document and its version."""

    document: ExperimentDocument
    etag: str | None


class Submitted(NamedTuple):
    """What a remedy has submitted."""

    remedies: list[ExperimentDocument]
    baselines: list[ExperimentDocument]


def _reading(response: httpx.Response) -> Reading:
    return Reading(response.json(), response.headers.get("ETag"))


def create(spec: object, idempotency_key: str | None) -> Request[Reading]:
    """Submit a spec."""
    return Request("POST", PATH, _reading, body=bodies.of_spec(spec), headers=keyed(idempotency_key))


def dry_run(spec: object) -> Request[bodies.Json]:
    """Check a spec."""
    return Request("POST", PATH, query={"dry_run": True}, body=bodies.of_spec(spec))


def list_(query: Mapping[str, QueryValue]) -> Request[Page[ExperimentRow]]:
    """A page of experiments, a row each."""
    return Request("GET", PATH, query=query)


def get(experiment_id: str) -> Request[Reading]:
    """One experiment."""
    return Request("GET", f"{PATH}/{experiment_id}", _reading)


def poll(experiment_id: str, etag: str | None, seconds: float) -> Request[Reading | None]:
    """One experiment when it is another than `etag`; None if it is not within `seconds`."""
    headers = {"Prefer": f"wait={min(HELD, max(1, int(seconds)))}", "If-None-Match": etag or ""}
    return Request("GET", f"{PATH}/{experiment_id}", _changed, headers=headers)


def _changed(response: httpx.Response) -> Reading | None:
    return None if response.status_code == 304 else _reading(response)


def update(experiment_id: str, changes: Mapping[str, object]) -> Request[Reading]:
    """Change name, labels, priority or keep."""
    return Request("PATCH", f"{PATH}/{experiment_id}", _reading, body=dict(changes))


def delete(experiment_id: str) -> Request[None]:
    """Delete it."""
    return Request("DELETE", f"{PATH}/{experiment_id}", bodies.nothing)


def act(experiment_id: str, verb: str) -> Request[Reading]:
    """`verb`: cancel, pause, resume or retry."""
    return Request("POST", f"{PATH}/{experiment_id}/{verb}", _reading)


def epochs(experiment_id: str, after_epoch: int | None, fold: int | None) -> Request[list[EpochRecord]]:
    """Measured epochs."""
    query = {"after_epoch": after_epoch, "fold": fold}
    return Request("GET", f"{PATH}/{experiment_id}/epochs", bodies.data, query=query)


def report(
    experiment_id: str, records: Iterable[Mapping[str, object]], end: str | None, message: str | None
) -> Request[Reading]:
    """Add epochs to an experiment that is trained elsewhere."""
    body = {"data": [dict(one) for one in records], "end": end, "message": message}
    return Request("POST", f"{PATH}/{experiment_id}/epochs", _reading, body=body)


def units(experiment_id: str, layer: str | None, epoch: int | None, fold: int | None) -> Request[UnitsAnswer]:
    """Per-unit arrays."""
    return Request("GET", f"{PATH}/{experiment_id}/units", query={"layer": layer, "epoch": epoch, "fold": fold})


def events(experiment_id: str, after: str | None) -> Request[Page[Event]]:
    """A page of events."""
    return Request("GET", f"{PATH}/{experiment_id}/events", _event_page, query={"after": after})


def _event_page(response: httpx.Response) -> Page[Event]:
    page: Page[Event] = response.json()
    return {**page, "next": page["data"][-1]["id"] if page["data"] else None}


def findings(experiment_id: str) -> Request[list[FindingRecord]]:
    """The diagnosis."""
    return Request("GET", f"{PATH}/{experiment_id}/findings", bodies.data)


def remedy(experiment_id: str, finding: str, number: int, repeats: int) -> Request[Submitted]:
    """Submit a remedy."""
    path, body = f"{PATH}/{experiment_id}/findings/{finding}/remedy", {"remedy": number, "repeats": repeats}
    return Request("POST", path, _submitted, body=body, headers=keyed())


def _submitted(response: httpx.Response) -> Submitted:
    answer = response.json()
    return Submitted(answer["data"], answer["baselines"])


def clone(experiment_id: str, patch: Sequence[Mapping[str, object]]) -> Request[Reading]:
    """Submit it again, patched."""
    body = {"patch": [dict(one) for one in patch]}
    return Request("POST", f"{PATH}/{experiment_id}/clone", _reading, body=body, headers=keyed())


def compare(experiment_ids: Sequence[str]) -> Request[bodies.Json]:
    """Two or more experiments."""
    return Request("GET", "/v1/compare", query={"ids": ",".join(experiment_ids)})


def script(experiment_id: str) -> Request[str]:
    """Its program."""
    return Request("GET", f"{PATH}/{experiment_id}/script", bodies.text)


def model(experiment_id: str) -> Request[bytes]:
    """Its trained model."""
    return Request("GET", f"{PATH}/{experiment_id}/model", bodies.content)


def predict(experiment_id: str, instances: Iterable[object]) -> Request[Predictions]:
    """Outputs of its trained model."""
    body = {"instances": bodies.of_rows(instances)}
    return Request("POST", f"{PATH}/{experiment_id}/predict", _predictions, body=body)


def _predictions(response: httpx.Response) -> Predictions:
    answer = response.json()
    return Predictions(answer["predictions"], answer.get("classes"), answer.get("labels"))
