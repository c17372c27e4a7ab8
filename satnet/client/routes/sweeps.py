"""`/v1/sweeps`."""

from collections.abc import Mapping

from satnet.client.protocol import Page, QueryValue, Request, keyed
from satnet.client.routes import bodies
from satnet.records.schema import BestAnswer, ImportanceAnswer, SweepBrief, SweepDocument, TrialRow

PATH = "/v1/sweeps"


def create(spec: object, idempotency_key: str | None) -> Request[SweepDocument]:
    """Submit a sweep."""
    return Request("POST", PATH, body=bodies.of_spec(spec), headers=keyed(idempotency_key))


def dry_run(spec: object) -> Request[bodies.Json]:
    """Check a sweep."""
    return Request("POST", PATH, query={"dry_run": True}, body=bodies.of_spec(spec))


def list_(query: Mapping[str, QueryValue]) -> Request[Page[SweepBrief]]:
    """A page of sweeps."""
    return Request("GET", PATH, query=query)


def get(sweep_id: str) -> Request[SweepDocument]:
    """One sweep."""
    return Request("GET", f"{PATH}/{sweep_id}")


def trials(sweep_id: str, query: Mapping[str, QueryValue]) -> Request[list[TrialRow]]:
    """Its trials."""
    return Request("GET", f"{PATH}/{sweep_id}/trials", bodies.data, query=query)


def best(sweep_id: str) -> Request[BestAnswer]:
    """Its best point."""
    return Request("GET", f"{PATH}/{sweep_id}/best")


def importance(sweep_id: str, method: str) -> Request[ImportanceAnswer]:
    """Its parameters by how much they explain."""
    return Request("GET", f"{PATH}/{sweep_id}/importance", query={"method": method})


def act(sweep_id: str, verb: str) -> Request[SweepDocument]:
    """`verb`: cancel, pause, resume or rerun-failed."""
    return Request("POST", f"{PATH}/{sweep_id}/{verb}")
