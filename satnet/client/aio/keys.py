"""`/v1/keys`."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from satnet.client.aio.transport import AsyncTransport
from satnet.client.routes import keys as routes
from satnet.records.schema import CreatedKey, KeyDocument, ScopeName


class AsyncKeys:
    """`/v1/keys`, for admins."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        scopes: Sequence[ScopeName] = ("read", "submit"),
        owner: str | None = None,
        expires_at: datetime | None = None,
    ) -> CreatedKey:
        """A new key; its text is in `key`, this once. Without `owner` it is the key's name."""
        return await self._transport.send(routes.create(name, scopes, owner, expires_at))

    async def list(self) -> AsyncIterator[KeyDocument]:
        """All keys without their text, newest first, revoked and expired ones too."""
        for key in await self._transport.send(routes.list_()):
            yield key

    async def revoke(self, key_id: str) -> None:
        """Refuse the key (`key_...`) from now on."""
        await self._transport.send(routes.revoke(key_id))
