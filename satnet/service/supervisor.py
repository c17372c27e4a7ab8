"""`satnet up`: the embedded store, the API and workers as child processes, restarted when they die."""

import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from satnet.errors import StoreUnavailable
from satnet.service.api_keys import create_first_key
from satnet.service.child import Child, Say
from satnet.service.data_dir import hold, keep_private
from satnet.service.exposure import asks_for_keys, is_exposed
from satnet.service.machine import memory_bytes
from satnet.service.ports import free_port
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.embedded import cut_zeros, server_command
from satnet.store.embedded_address import store_address

OnReady = Callable[[str, str | None], None]
_STOP_AFTER = 25.0  # seconds a child has to drain before it is killed


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
    on_ready: OnReady,
) -> int:
    """Run the service until SIGINT or SIGTERM; the exit status.

    Args:
        settings: host, port and data directory; port 0 picks a free one.
        workers: how many worker processes.
        redis_url: use this server; None starts the embedded one under the data directory.
        say: called with a line for each event of a process.
        on_ready: called once with the service's URL, and the text of an admin's key where one was needed and made.
    """
    root = _source_root()
    if root is None:
        say("this installation has no api and worker packages: run satnet up from a checkout or an image")
        return 2
    try:
        keep_private(settings.data_dir)
    except OSError as error:
        say(f"the data directory cannot be made this user's own: {error}; set SATNET_DATA_DIR or --data")
        return 2
    environment = _environment(settings, workers, root)
    if redis_url is not None:
        return _supervise([], environment, redis_url, settings, workers, say, on_ready)
    folder = settings.data_dir / "store"
    with hold(settings.data_dir) as held:
        if not held:
            say(f"another satnet up runs on {settings.data_dir.resolve()}; stop it, or choose another --data")
            return 2
        address = store_address(folder, settings.store_port)
        if address.temporary is not None:
            say(f"the path of {folder.resolve()} is too long for a socket; it is in {address.temporary}")
        options = {"maxmemory": store_maxmemory(settings), **address.options}
        command = server_command(folder, options=options, config=address.config)
        store = Child("store", command, environment, lambda: cut_zeros(folder))
        try:
            return _supervise([store], environment, address.url, settings, workers, say, on_ready)
        finally:
            address.forget()


def store_maxmemory(settings: Settings) -> int:
    """The embedded store's `maxmemory` in bytes: as set, or a quarter of this machine's memory."""
    return settings.store_maxmemory or memory_bytes() // 4


def _environment(settings: Settings, workers: int, root: Path) -> dict[str, str]:
    """What API and workers are started with, but for the store's URL."""
    environment = {name: value for name, value in os.environ.items() if name != "SATNET_API_KEY"}  # a client's
    return environment | {
        "SATNET_HOST": settings.host,
        "SATNET_DATA_DIR": str(settings.data_dir.resolve()),
        "SATNET_WORKERS": str(max(1, workers)),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")])),
    }


def _supervise(
    children: list[Child],
    environment: dict[str, str],
    redis_url: str,
    settings: Settings,
    workers: int,
    say: Say,
    on_ready: OnReady,
) -> int:
    if settings.auth == "off" and is_exposed(settings):
        say("SATNET_AUTH=off: whoever reaches this service may do everything, without a key")
    port = settings.port or free_port()
    environment = environment | {"SATNET_REDIS_URL": redis_url}
    api = [sys.executable, "-m", "api.server", "--host", settings.host, "--port", str(port)]
    api += ["--log-level", "warning"]
    children = [*children, Child("api", api, environment)]
    worker = [sys.executable, "-m", "worker.main"]
    children += [Child(f"worker {number + 1}", worker, environment) for number in range(workers)]
    supervisor = Supervisor(children, say)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: setattr(supervisor, "stopping", True))
    url = f"http://{_reached_at(settings.host)}:{port}"
    store = Store(settings.model_copy(update={"redis_url": redis_url}))
    try:
        supervisor.run(lambda: _ready(url, store, workers), lambda: on_ready(url, _first_key(settings, store)))
    finally:
        store.close()
        supervisor.stop()
    return 0


def _reached_at(host: str) -> str:
    """The host of the URL at which this machine reaches what listens on `host`."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{name}]" if ":" in name else name


def _first_key(settings: Settings, store: Store) -> str | None:
    """The text of a new admin's key, where keys are needed and there has never been one."""
    created = create_first_key(store, "admin") if asks_for_keys(settings) else None
    return created and created["key"]


def _ready(url: str, store: Store, workers: int) -> bool:
    """The API answers and every worker is warm."""
    try:
        if httpx.get(f"{url}/readyz", timeout=1).status_code != 200:
            return False
        return len([one for one in store.workers() if one.get("warm")]) >= workers
    except (httpx.HTTPError, StoreUnavailable):
        return False
