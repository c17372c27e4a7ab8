"""API keys: what is known of each, and the SHA-256 of its text. The text itself never comes here."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from satnet.errors import NotFound, StoreUnavailable
from satnet.records.schema import ScopeName
from satnet.store import keys
from satnet.store.connection import Connection, available

_USED_EVERY_MS = 60_000  # how exactly it is known when a key was used last


@dataclass(frozen=True)
class StoredKey:
    """One API key; times in ms."""

    id: str
    sha256: str
    name: str
    owner: str
    scopes: Sequence[ScopeName]
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None
    revoked_at: float | None = None

    def valid_at(self, now: float) -> bool:
        """Whether it is neither revoked nor expired at a moment, in ms."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys(Connection):
    """A key's record is kept when it is revoked: once there was a key, keys are needed."""

    def add_api_key(
        self,
        key_id: str,
        *,
        sha256: str,
        name: str,
        owner: str,
        scopes: Sequence[ScopeName],
        expires_at: float | None,
        only_first: bool = False,
    ) -> StoredKey | None:
        """Store a key; None if it was to be the first (`only_first`) and is not."""
        fields = {"sha256": sha256, "name": name, "owner": owner, "scopes": " ".join(scopes)}
        if expires_at is not None:
            fields["expires_at"] = str(expires_at)
        flat = [part for pair in fields.items() for part in pair]
        with available():
            created = self._run("api_key", key_id, int(only_first), *flat)
        return StoredKey(key_id, sha256, name, owner, scopes, float(created), expires_at) if created else None

    def has_api_keys(self) -> bool:
        """Whether there is or was one."""
        with available():
            return bool(self._redis.exists(keys.API_KEYS))

    def api_key(self, key_id: str) -> tuple[StoredKey | None, float]:
        """The key, None if there is no such key; and the store's time in ms."""
        with available(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(keys.api_key(key_id))
            pipe.time()
            stored, (seconds, micro) = pipe.execute()
        return _key(key_id, stored) if stored else None, seconds * 1000 + micro // 1000

    def api_keys(self) -> list[StoredKey]:
        """All keys, newest first."""
        with available(), self._redis.pipeline(transaction=False) as pipe:
            names = self._redis.zrevrange(keys.API_KEYS, 0, -1)
            for name in names:
                pipe.hgetall(keys.api_key(name))
            return [_key(name, stored) for name, stored in zip(names, pipe.execute(), strict=True)]

    def revoke_api_key(self, key_id: str) -> None:
        """It is valid no more; repeating it changes nothing. Raises NotFound."""
        with available():
            if self._redis.zscore(keys.API_KEYS, key_id) is None:
                raise NotFound(f"there is no key {key_id}")
            self._redis.hsetnx(keys.api_key(key_id), "revoked_at", self.now())

    def note_use(self, key: StoredKey, now: float) -> None:
        """Remember that a key is being used, once a minute at most; a store that is full forgoes it."""
        if key.last_used_at is None or now - key.last_used_at >= _USED_EVERY_MS:
            with contextlib.suppress(StoreUnavailable), available():
                self._redis.hset(keys.api_key(key.id), "last_used_at", now)


def _key(key_id: str, stored: Mapping[str, str]) -> StoredKey:
    return StoredKey(
        id=key_id,
        sha256=stored["sha256"],
        name=stored["name"],
        owner=stored["owner"],
        scopes=cast("Sequence[ScopeName]", tuple(stored["scopes"].split())),
        created_at=float(stored["created_at"]),
        expires_at=_moment(stored, "expires_at"),
        last_used_at=_moment(stored, "last_used_at"),
        revoked_at=_moment(stored, "revoked_at"),
    )


def _moment(stored: Mapping[str, str], name: str) -> float | None:
    return float(stored[name]) if name in stored else None
