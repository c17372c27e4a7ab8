"""`satnet keys`: create, list and revoke API keys, through the service or in its store on the same machine."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satnet.cli.console import note, say, stdout
from satnet.cli.exit_status import reported_errors, service
from satnet.cli.output import Format, Output, write
from satnet.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from satnet.records.schema import CreatedKey, KeyDocument, ScopeName
    from satnet.store import Store

keys = typer.Typer(no_args_is_help=True, help="API keys: create, list, revoke.")
Local = Annotated[
    bool, typer.Option("--local", help="In the store itself, without a key: on the service's machine, by its user")
]
Data = Annotated[Path | None, typer.Option(help="With --local: the data directory that satnet up has")]


class Scope(StrEnum):
    """What a key allows; each includes those before it."""

    READ = "read"
    SUBMIT = "submit"
    ADMIN = "admin"


def create(
    name: Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")],
    scope: Annotated[
        Scope, typer.Option(help="admin includes submit, submit includes read; the first key has to be an admin's")
    ] = Scope.SUBMIT,
    owner: Annotated[str | None, typer.Option(help="Whose it is; default: as the key is named")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Days until it expires; default: never")] = None,
    local: Local = False,
    data: Data = None,
    output: Output = Format.TABLE,
) -> None:
    """Create a key and print its text, this once."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    if local:
        with local_store(data) as store:
            created = _create(store, name, scope.value, owner, expires_at)
    else:
        with service() as client:
            created = client.keys.create(name, [scope.value], owner, expires_at)
    write(output, created, lambda: [dict(created)], lambda: say(created["key"]))
    note(f"{created['id']}: scope {scope}, owner {created['owner']}. Its text is not stored and not shown again.")


def list_(local: Local = False, data: Data = None, output: Output = Format.TABLE) -> None:
    """All keys without their text, newest first."""
    from satnet.terminal.lists import key_lines, print_lines

    if local:
        with local_store(data) as store:
            documents = _documents(store)
    else:
        with service() as client:
            documents = list(client.keys.list())
    write(output, documents, lambda: documents, lambda: print_lines(key_lines(documents), stdout))


def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="key_..., as `satnet keys list` shows it")],
    local: Local = False,
    data: Data = None,
) -> None:
    """Refuse a key from now on; what was submitted with it stays."""
    if local:
        with local_store(data) as store:
            store.revoke_api_key(key_id)
    else:
        with service() as client:
            client.keys.revoke(key_id)


KEY_COMMANDS: dict[str, Callable[..., None]] = {"create": create, "list": list_, "revoke": revoke}
for command_name, command in KEY_COMMANDS.items():
    keys.command(command_name)(command)


@contextmanager
def local_store(data: Path | None) -> "Iterator[Store]":
    """The store of SATNET_REDIS_URL, or else the one that `satnet up` has in the data directory."""
    from satnet.store import Store
    from satnet.store.embedded_address import last_url

    settings = get_settings()
    if "redis_url" not in settings.model_fields_set or data is not None:
        url = last_url((data or settings.data_dir) / "store")
        settings = settings.model_copy(update={"redis_url": url or settings.redis_url})
    with reported_errors():
        store = Store(settings)
        try:
            yield store
        finally:
            store.close()


def _create(
    store: "Store", name: str, scope: "ScopeName", owner: str | None, expires_at: datetime | None
) -> "CreatedKey":
    from satnet.records.posted_key import NewKey
    from satnet.service.api_keys import create_key

    return create_key(store, NewKey(name=name, scopes=[scope], owner=owner, expires_at=expires_at))


def _documents(store: "Store") -> "Sequence[KeyDocument]":
    from satnet.service.api_keys import key_document

    return [key_document(one) for one in store.api_keys()]
