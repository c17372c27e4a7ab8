"""`/v1/keys`."""

from collections.abc import Sequence
from datetime import datetime

from satnet.client.protocol import Request
from satnet.client.routes import bodies
from satnet.records.schema import CreatedKey, KeyDocument, ScopeName

PATH = "/v1/keys"


def create(
    name: str, scopes: Sequence[ScopeName], owner: str | None, expires_at: datetime | None
) -> Request[CreatedKey]:
    """A new key."""
    expiry = None if expires_at is None else expires_at.astimezone().isoformat()
    body = {"name": name, "scopes": list(scopes), "owner": owner, "expires_at": expiry}
    return Request("POST", PATH, body=body)


def list_() -> Request[list[KeyDocument]]:
    """All keys."""
    return Request("GET", PATH, bodies.data)


def revoke(key_id: str) -> Request[None]:
    """Revoke one."""
    return Request("DELETE", f"{PATH}/{key_id}", bodies.nothing)
