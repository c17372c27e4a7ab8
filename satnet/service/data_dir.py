"""The data directory: its user's alone, and one service's at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

_OURS = ("store", "artifacts")  # what users put in beside them keeps its rights


def keep_private(data_dir: Path) -> None:
    """Everything that this process and its children write from now on is its user's alone, old files included.

    Raises OSError where a folder belongs to somebody else.
    """
    os.umask(0o077)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (data_dir / name for name in _OURS):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


@contextlib.contextmanager
def hold(data_dir: Path) -> Iterator[bool]:
    """Whether nobody else runs the embedded store in there; nobody will while this lasts.

    Two servers would write over each other's append-only file. The lock ends with its process, however that ends.
    """
    with (data_dir / "store" / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
