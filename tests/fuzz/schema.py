"""Schemathesis against a running service: `python -m tests.fuzz.schema --requests 10000`.

Every operation of /openapi.json is called with valid and invalid data, alone and in sequences, with a key: no answer
may be a 5xx, have a status, header, type or body that the document does not name, or accept what it says is refused.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from satnet.records.posted_key import NewKey
from satnet.service.api_keys import create_key
from satnet.service.ports import free_port
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.embedded import server_binary

ROOT = Path(__file__).parents[2]
_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@contextlib.contextmanager
def service(folder: Path, redis_url: str) -> Iterator[tuple[str, str]]:
    """The URL of an API process over a store, and an admin's key for it."""
    settings = Settings(redis_url=redis_url, data_dir=folder)
    store = Store(settings)
    key = create_key(store, NewKey(name="schemathesis", scopes=["admin"]))["key"]
    store.close()
    port = free_port()
    environment = os.environ | {
        "SATNET_REDIS_URL": redis_url,
        "SATNET_DATA_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "uvicorn", "api.main:app", "--port", str(port), "--log-level", "error"]
    with (folder / "api.log").open("wb") as log, subprocess.Popen(command, env=environment, stderr=log) as api:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        try:
            yield url, key
        finally:
            api.terminate()


def _await(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def check(url: str, key: str, *, seconds: int, examples: int, number: int = 1, more: tuple[str, ...] = ()) -> str:
    """What Schemathesis reports. Raises AssertionError with it where a check failed."""
    script = Path(sys.executable).with_name("st")
    command = [
        *(str(script), "--config-file", str(_CONFIGURATION), "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: Bearer {key}", "--seed", str(number), "--max-examples", str(examples)),
        *("--max-time", str(seconds), "--request-timeout", "30", "--continue-on-failure", *more),
    ]
    with tempfile.TemporaryDirectory() as folder:  # it leaves a cache where it runs
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=2 * seconds + 120
        )
    if run.returncode != 0:
        raise AssertionError(run.stdout + run.stderr)
    return run.stdout


def sent(report: str) -> int:
    """How many cases a report says were run."""
    return max((int(number.replace(",", "")) for number in re.findall(r"([\d,]+) generated", report)), default=0)


def main() -> int:
    """Run until so many requests were sent, each round from another seed; 1 where a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60, help="of a round")
    parser.add_argument("--rounds", type=int, default=30, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _store(Path(folder)) as redis_url:
        try:
            total = _rounds(options, Path(folder), redis_url)
        except AssertionError as error:
            sys.stdout.write(f"{error}\n")
            return 1
    sys.stdout.write(f"{total} requests, no check failed\n")
    return 0


def _rounds(options: argparse.Namespace, folder: Path, redis_url: str) -> int:
    total = 0
    with service(folder, redis_url) as (url, key):
        for number in range(options.seed, options.seed + options.rounds):
            report = check(url, key, seconds=options.seconds, examples=20, number=number)
            total += sent(report)
            sys.stdout.write(f"seed {number}: {total} requests so far\n")
            sys.stdout.flush()
            if total >= options.requests:
                break
    return total


@contextlib.contextmanager
def _store(folder: Path) -> Iterator[str]:
    """A store of its own: durable as the service wants it, but for the wait on each write."""
    port = free_port()
    settings = {"port": port, "dir": folder, "save": "", "appendonly": "yes", "appendfsync": "no"}
    command = [str(server_binary()), *(part for name, value in settings.items() for part in (f"--{name}", str(value)))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        time.sleep(1)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


if __name__ == "__main__":
    sys.exit(main())
