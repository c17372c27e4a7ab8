"""API keys: created, shown, and recognised when somebody comes with one.

A key's text is `sat_ID_SECRET`: the id finds its record, and the SHA-256 of the whole text is compared with the
stored one. 32 random bytes need no slow hash.
"""

import hashlib
import hmac
import secrets

from satnet.errors import FieldError, InvalidSpec, Unauthenticated
from satnet.records.caller import SCOPES, Caller
from satnet.records.ids import new_id
from satnet.records.posted_key import NewKey
from satnet.records.schema import CreatedKey, KeyDocument
from satnet.records.timestamps import timestamp
from satnet.store import Store
from satnet.store.api_keys import StoredKey

_PREFIX, _ID_PREFIX = "sat_", "key_"
_SECRET_BYTES = 32
_NOBODYS = hashlib.sha256(b"").hexdigest()  # compared with where there is no such key: that takes as long
_REFUSED = "the key is not valid: it is unknown, revoked or expired"


def create_key(store: Store, new: NewKey) -> CreatedKey:
    """Store a key and answer it with its text, this once.

    Raises:
        InvalidSpec: it expires in the past, or it is the first one and no admin's.
    """
    if "admin" not in new.scopes and not store.has_api_keys():
        detail = "the first key needs the scope admin: once there is a key, only an admin's can make another"
        raise InvalidSpec([FieldError("#/scopes", detail, "first_key", new.scopes)])
    expires_at = None if new.expires_at is None else new.expires_at.timestamp() * 1000
    if expires_at is not None and expires_at <= store.now():
        raise InvalidSpec([FieldError("#/expires_at", "is in the past", "limit", str(new.expires_at))])
    created = _stored(store, new, expires_at)
    if created is None:
        raise RuntimeError("a key that need not be the first was not stored")
    return created


def create_first_key(store: Store, name: str) -> CreatedKey | None:
    """An admin's key if there is none at all, else None."""
    return _stored(store, NewKey(name=name, scopes=["admin"]), None, only_first=True)


def _stored(store: Store, new: NewKey, expires_at: float | None, *, only_first: bool = False) -> CreatedKey | None:
    key_id = new_id(_ID_PREFIX)
    text = f"{_PREFIX}{key_id.removeprefix(_ID_PREFIX)}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    stored = store.add_api_key(
        key_id,
        sha256=_sha256(text),
        name=new.name,
        owner=new.owner or new.name,
        scopes=[one for one in SCOPES if one in new.scopes],
        expires_at=expires_at,
        only_first=only_first,
    )
    return None if stored is None else {**key_document(stored), "key": text}


def key_document(stored: StoredKey) -> KeyDocument:
    """What is told of a key."""
    return {
        "id": stored.id,
        "object": "key",
        "name": stored.name,
        "owner": stored.owner,
        "scopes": list(stored.scopes),
        "created_at": timestamp(stored.created_at),
        "expires_at": timestamp(stored.expires_at),
        "last_used_at": timestamp(stored.last_used_at),
        "revoked_at": timestamp(stored.revoked_at),
    }


def caller_of(store: Store, text: str) -> Caller:
    """Whose key this is. Raises Unauthenticated, without saying why the key is refused."""
    public, _, secret = text.removeprefix(_PREFIX).partition("_")
    if not text.startswith(_PREFIX) or not public.isalnum() or not public.isascii() or not secret:
        raise Unauthenticated(_REFUSED)
    stored, now = store.api_key(_ID_PREFIX + public)
    same = hmac.compare_digest(_sha256(text), stored.sha256 if stored else _NOBODYS)
    if stored is None or not same or not stored.valid_at(now):
        raise Unauthenticated(_REFUSED)
    store.note_use(stored, now)
    return Caller(stored.owner, stored.scopes, stored.id)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
