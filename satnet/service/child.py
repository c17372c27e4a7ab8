"""One supervised process: started again when it ends, after a back-off."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Say = Callable[[str], None]
_PR_SET_PDEATHSIG = 1
_LONGEST_BACKOFF = 30.0
_MOST_FAILURES = 10  # that are counted: the back-off grows no more


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Child:
    """One supervised process."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    retry_at: float = 0.0

    def start(self) -> None:
        """Start it in a group of its own, so that Ctrl-C reaches the supervisor alone."""
        self.prepare()
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=_die_with_parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.name == "store" else sys.stderr,
        )
        self.started = time.monotonic()

    def tend(self, say: Say) -> None:
        """Start it again if it died, after a back-off that grows while it keeps dying."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return
            self.end_group()  # a dead worker's child would train beside the new one's
            self.process = None
            self._retry(f"ended with {status}", now - self.started, say)
        elif now >= self.retry_at:
            try:
                self.start()
            except OSError as error:  # too many processes, no memory, a full disk: that may pass
                self._retry(f"cannot be started ({error})", 0.0, say)

    def _retry(self, what: str, lived: float, say: Say) -> None:
        self.failures = 0 if lived > 60 else min(self.failures + 1, _MOST_FAILURES)
        pause = min(0.2 * 2**self.failures, _LONGEST_BACKOFF)
        say(f"{self.name} {what}; starting it again in {pause:.1f} s")
        self.retry_at = time.monotonic() + pause

    def ask_to_stop(self) -> None:
        """SIGTERM, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def await_end(self, until: float) -> None:
        """Wait for it, then kill what is left of its group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, until - time.monotonic()))
        self.end_group()
        self.process.wait()

    def end_group(self) -> None:
        """Kill what is left of its process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # nobody is
                os.killpg(self.process.pid, signal.SIGKILL)
