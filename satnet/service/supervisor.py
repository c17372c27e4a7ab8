"""`satnet up`: the embedded store, the API and workers as child processes, restarted when they die."""

import contextlib
import ctypes
import importlib.util
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from satnet.errors import StoreUnavailable
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.embedded import cut_zeros, server_command

Say = Callable[[str], None]
_PR_SET_PDEATHSIG = 1
_STOP_AFTER = 25.0  # seconds a child has to drain before it is killed
_LONGEST_BACKOFF = 30.0
_MOST_FAILURES = 10  # that are counted: the back-off grows no more
_SERVERS = (20_000, 32_000)  # ports below those that Linux gives to clients


def free_port() -> int:
    """A port that nobody on loopback listens on.

    Not one that the kernel gives to clients: who tries to reach a server that is away would, now and then, get the
    server's own port, be connected with itself, and keep the server from coming back.
    """
    while True:
        port = random.randrange(*_SERVERS)
        with socket.socket() as probe, contextlib.suppress(OSError):  # somebody has it
            probe.bind(("127.0.0.1", port))
            return port


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


@dataclass
class Supervisor:
    """Store first, then the API and the workers; stopped in the opposite order."""

    children: list[Child]
    say: Say
    stopping: bool = field(default=False)

    def run(self, ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Start everything, tell when it is ready, and look after it until a signal comes."""
        announced = False
        while not self.stopping:
            for child in self.children:
                child.tend(self.say)
            if not announced and ready():
                announced = True
                announce()
            time.sleep(0.1)

    def stop(self) -> None:
        """Drain the workers, then the API, then the store."""
        until = time.monotonic() + _STOP_AFTER
        for part in ("worker", "api", "store"):
            group = [child for child in self.children if child.name.startswith(part)]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.await_end(until)
            until = max(until, time.monotonic() + 3)


def _source_root() -> Path | None:
    """Where `api` and `worker` lie; None in a bare wheel."""
    spec = importlib.util.find_spec("api")
    if spec is None or spec.origin is None or importlib.util.find_spec("worker") is None:
        return None
    return Path(spec.origin).parent.parent


def up(
    settings: Settings,
    *,
    workers: int,
    redis_url: str | None = None,
    say: Say,
    on_ready: Callable[[str], None],
) -> int:
    """Run the service until SIGINT or SIGTERM; the exit status.

    Args:
        settings: host, port and data directory; port 0 picks a free one.
        workers: how many worker processes.
        redis_url: use this server; None starts the embedded one under the data directory.
        say: told what happens to the processes.
        on_ready: called once with the service's URL.
    """
    root = _source_root()
    if root is None:
        say("this installation has no api and worker packages: run satnet up from a checkout or an image")
        return 2
    port = settings.port or free_port()
    children = []
    environment = dict(os.environ)
    if redis_url is None:
        store_port = free_port()
        redis_url = f"redis://127.0.0.1:{store_port}/0"
        folder = settings.data_dir / "store"
        children.append(Child("store", server_command(folder, store_port), environment, lambda: cut_zeros(folder)))
    environment |= {
        "SATNET_REDIS_URL": redis_url,
        "SATNET_DATA_DIR": str(settings.data_dir.resolve()),
        "SATNET_WORKERS": str(max(1, workers)),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")])),
    }
    api = [sys.executable, "-m", "uvicorn", "api.main:app", "--host", settings.host, "--port", str(port)]
    api += ["--log-level", "warning", "--timeout-graceful-shutdown", "3"]
    children.append(Child("api", api, environment))
    worker = [sys.executable, "-m", "worker.main"]
    children += [Child(f"worker {number + 1}", worker, environment) for number in range(workers)]
    supervisor = Supervisor(children, say)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: setattr(supervisor, "stopping", True))
    url = f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{port}"
    store = Store(settings.model_copy(update={"redis_url": redis_url}))
    try:
        supervisor.run(lambda: _ready(url, store, workers), lambda: on_ready(url))
    finally:
        store.close()
        supervisor.stop()
    return 0


def _ready(url: str, store: Store, workers: int) -> bool:
    """The API answers and every worker is warm."""
    try:
        if httpx.get(f"{url}/readyz", timeout=1).status_code != 200:
            return False
        return len([one for one in store.workers() if one.get("warm")]) >= workers
    except (httpx.HTTPError, StoreUnavailable):
        return False
