"""Room for what is stored: models and checkpoints on the disk of this machine."""

import contextlib
import threading
import time

from satnet.errors import QuotaExceeded
from satnet.service.artifacts import Artifacts
from satnet.settings import Settings

_COUNTED_EVERY = 60.0  # seconds: a walk over all files takes its time
_lock = threading.Lock()
_counted: dict[str, tuple[float, int]] = {}  # where they lie -> when they were counted, and the bytes


def require_room(settings: Settings) -> None:
    """Raises QuotaExceeded where models and checkpoints take as much as they may."""
    used, most = _used(settings.artifacts), settings.max_artifact_bytes
    if used >= most:
        raise QuotaExceeded(
            f"models and checkpoints take {used:,} bytes, at most {most:,} are allowed (SATNET_MAX_ARTIFACT_BYTES); "
            "delete experiments, or wait until some expire"
        )


def _used(url: str) -> int:
    with _lock:
        at, used = _counted.get(url, (float("-inf"), 0))
        if time.monotonic() - at > _COUNTED_EVERY:
            with contextlib.suppress(OSError):  # a file went away under the walk: the next one counts
                used = Artifacts(url).nbytes() or 0
            _counted[url] = (time.monotonic(), used)
        return used
