"""How the embedded store is reached, by its user alone: a socket in its folder, or a port and a password."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

_SOCKET = "valkey.sock"
_LONGEST = 100  # bytes of a socket's path; Linux allows 107, macOS 103
_URL = "url"


@dataclass(frozen=True)
class StoreAddress:
    """The URL for clients, and what the server is told."""

    url: str
    options: Mapping[str, object]
    config: Path | None = None
    temporary: Path | None = field(default=None)  # a folder for the socket alone

    def forget(self) -> None:
        """Remove the socket's folder, if it has one of its own."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def store_address(folder: Path, port: int = 0) -> StoreAddress:
    """The address of the embedded store in `folder`, which becomes its user's own.

    The URL is kept in the file `url` in there, for commands that need this store.

    Args:
        folder: the store's data.
        port: listen on this port of 127.0.0.1, with a generated password; 0: on a socket.
    """
    make_private(folder)
    address = _by_password(folder, port) if port else _by_socket(folder.resolve())
    write_private(folder / _URL, address.url)
    return address


def last_url(folder: Path) -> str | None:
    """The URL under which the embedded store in `folder` was started last; None if never."""
    try:
        return (folder / _URL).read_text().strip()
    except FileNotFoundError:
        return None


def make_private(folder: Path) -> None:
    """Make the folder, or take the rights of all others away."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def _by_socket(folder: Path) -> StoreAddress:
    temporary = None
    path = folder / _SOCKET
    if len(os.fsencode(path)) > _LONGEST:
        temporary = Path(tempfile.mkdtemp(prefix="satnet-"))  # 0700
        path = temporary / _SOCKET
    options = {"port": 0, "unixsocket": path, "unixsocketperm": 700}
    return StoreAddress(f"unix://{quote(str(path))}?db=0", options, temporary=temporary)


def _by_password(folder: Path, port: int) -> StoreAddress:
    kept, config = folder / "password", folder / "password.conf"
    if not kept.exists():
        write_private(kept, secrets.token_urlsafe(32))
    password = kept.read_text().strip()
    write_private(config, f"requirepass {password}")
    return StoreAddress(f"redis://:{password}@127.0.0.1:{port}/0", {"port": port, "bind": "127.0.0.1"}, config)
