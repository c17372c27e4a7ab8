"""Which experiments a worker's child holds, in a file that its parent reads when the child is gone."""

import contextlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from worker import drain

_FILE = "held.json"


@dataclass(frozen=True)
class Held:
    """A child, and (experiment, fence) of each attempt that it runs."""

    pid: int
    attempts: tuple[tuple[str, int], ...]


def note(attempts: Sequence[tuple[str, int]]) -> None:
    """In the child: these attempts run in this process."""
    if (folder := drain.shared_folder()) is None:
        return
    fresh = folder / f"{_FILE}.{threading.get_ident()}"
    with contextlib.suppress(FileNotFoundError):  # the parent is gone, and the folder with it
        fresh.write_text(json.dumps({"pid": os.getpid(), "attempts": list(attempts)}))
        fresh.replace(folder / _FILE)


def read() -> Held | None:
    """In the parent: what its child noted last."""
    folder = drain.shared_folder()
    try:
        told = json.loads((folder / _FILE).read_text()) if folder else None
    except FileNotFoundError:
        return None
    if told is None:
        return None
    return Held(told["pid"], tuple((str(name), int(fence)) for name, fence in told["attempts"]))
