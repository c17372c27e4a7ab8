"""`/v1/keys`."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from satnet.client.routes import keys as routes
from satnet.client.transport import Transport
from satnet.records.schema import CreatedKey, KeyDocument, ScopeName


class Keys:
    """`/v1/keys`, for admins."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        name: str,
        scopes: Sequence[ScopeName] = ("read", "submit"),
        owner: str | None = None,
        expires_at: datetime | None = None,
    ) -> CreatedKey:
        """A new key; its text is in `key`, this once. Without `owner` it is the key's name."""
        return self._transport.send(routes.create(name, scopes, owner, expires_at))

    def list(self) -> Iterator[KeyDocument]:
        """All keys without their text, newest first, revoked and expired ones too."""
        yield from self._transport.send(routes.list_())

    def revoke(self, key_id: str) -> None:
        """Refuse the key (`key_...`) from now on."""
        self._transport.send(routes.revoke(key_id))
