"""The public documents of API keys; the key's text is in none but the answer that creates it."""

from typing import Annotated, Literal

from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.experiment import Time

ScopeName = Literal["read", "submit", "admin"]


class KeyDocument(TypedDict):
    """An API key, without its text."""

    id: Annotated[str, About("key_...; sorts by time.")]
    object: Annotated[Literal["key"], About("What this is.")]
    name: Annotated[str, About("What it is called.")]
    owner: Annotated[str, About("Whose it is: what is submitted with it belongs to this owner.")]
    scopes: Annotated[list[ScopeName], About("What it allows; admin includes submit, submit includes read.")]
    created_at: Annotated[Time | None, About("When it was created.")]
    expires_at: Annotated[Time | None, About("When it stops being valid; null: never.")]
    last_used_at: Annotated[Time | None, About("When it was used last, to the minute; null: never.")]
    revoked_at: Annotated[Time | None, About("When it was revoked; null while it is not.")]


class CreatedKey(KeyDocument):
    """A new API key. The only answer that has its text."""

    key: Annotated[str, About("The text to send as `Authorization: Bearer ...`; it is not stored and not shown again.")]


class KeyPage(TypedDict):
    """GET /v1/keys."""

    data: Annotated[list[KeyDocument], About("All keys, newest first, revoked and expired ones too.")]
