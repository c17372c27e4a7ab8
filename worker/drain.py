"""Whether this worker was asked to stop: its parent leaves a file that the child's `check` sees."""

import os
import shutil
import tempfile
from pathlib import Path

_VARIABLE = "SATNET_DRAIN_FILE"  # handed from the parent to its spawned child, no setting of a user's


def prepare() -> Path:
    """In the parent: choose the file's name before any child starts."""
    path = Path(tempfile.mkdtemp(prefix="satnet-worker-")) / "drain"
    os.environ[_VARIABLE] = str(path)
    return path


def request() -> None:
    """In the parent: ask the child to release its experiment."""
    if name := os.environ.get(_VARIABLE):
        Path(name).touch()


def requested() -> bool:
    """In the child: whether the parent asked."""
    name = os.environ.get(_VARIABLE)
    return name is not None and Path(name).exists()


def shared_folder() -> Path | None:
    """The directory that parent and child share; None in a process that has no such parent."""
    name = os.environ.get(_VARIABLE)
    return None if name is None else Path(name).parent


def tidy() -> None:
    """In the parent, at its end: remove the directory that it shares with its child."""
    if folder := shared_folder():
        shutil.rmtree(folder, ignore_errors=True)
