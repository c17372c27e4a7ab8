"""Requests a second that one API process answers while an experiment is polled, here and in another checkout.

    .venv/bin/python benchmarks/polling.py ../other-checkout

Each checkout has an API process and a store of its own. Short rounds alternate between the two, so that what else the
machine does falls on both. The table has answers a second of wall time, and a second of CPU time of the API process
(Linux), which other processes hardly disturb.
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from satnet import presets
from satnet.store.embedded import server_command

HERE = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens on a port."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Api:
    """A checkout's API process, and an experiment that waits in its queue."""

    process: subprocess.Popen[bytes]
    connection: http.client.HTTPConnection
    path: str = ""
    etag: str = ""

    def submit(self) -> None:
        """Queue an experiment, which is polled then."""
        body = json.dumps(presets.load("saturated-digits"))
        self.connection.request("POST", "/v1/experiments", body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        response.read()
        self.path, self.etag = str(response.headers["Location"]), str(response.headers["ETag"])

    def cpu(self) -> float:
        """Seconds of CPU time that the process has used."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def poll(self, status: int, seconds: float) -> int:
        """How many answers came, one request after the other over one connection."""
        headers = {"If-None-Match": self.etag} if status == 304 else {}
        count, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.connection.request("GET", self.path, headers=headers)
            response = self.connection.getresponse()
            response.read()
            if response.status != status:
                raise SystemExit(f"{self.path}: {status} expected, got {response.status}")
            count += 1
        return count


@dataclass
class Total:
    """What one API did in all rounds."""

    answers: int = 0
    wall: float = 0.0
    cpu: float = 0.0

    def round(self, api: Api, status: int, seconds: float) -> None:
        """Poll once more."""
        wall, cpu = time.perf_counter(), api.cpu()
        self.answers += api.poll(status, seconds)
        self.wall += time.perf_counter() - wall
        self.cpu += api.cpu() - cpu


@contextlib.contextmanager
def serving(checkout: Path) -> Iterator[Api]:
    """A checkout's API over a store of its own, with one queued experiment."""
    with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as stack:
        store, port = free_port(), free_port()
        stack.enter_context(running(server_command(Path(data), store), checkout, {}, store))
        own = (checkout / "api" / "server").is_dir()  # before, plain uvicorn served it
        server = ["api.server", "--log-level", "warning"] if own else ["uvicorn", "api.main:app", "--no-access-log"]
        command = [sys.executable, "-m", *server, "--port", str(port)]
        environment = {
            "PYTHONPATH": str(checkout),
            "SATNET_REDIS_URL": f"redis://127.0.0.1:{store}/0",
            "SATNET_DATA_DIR": data,
        }
        process = stack.enter_context(running(command, checkout, environment, port))
        api = Api(process, http.client.HTTPConnection("127.0.0.1", port))
        api.submit()
        yield api
        api.connection.close()


def compare(mine: Api, theirs: Api, status: int, rounds: int, seconds: float) -> str:
    """A row of the table."""
    here, peer = Total(), Total()
    for api in (mine, theirs):
        api.poll(status, 1.0)  # warms up
    for _ in range(rounds):
        here.round(mine, status, seconds)
        peer.round(theirs, status, seconds)
    wall = [one.answers / one.wall for one in (here, peer)]
    cpu = [one.answers / one.cpu for one in (here, peer)]
    return "".join(f"{a:>8.0f}{b:>8.0f}{a / b:>7.2f}" for a, b in (wall, cpu))


def main() -> None:
    """A row for each kind of request: rates of both checkouts, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a round")
    options = parser.parse_args()
    with serving(HERE) as mine, serving(options.peer.resolve()) as theirs:
        print(f"{'answers a second of':<20}{'wall time':^23}{'CPU time of the API':^23}")
        print(f"{'':<20}" + 2 * f"{'here':>8}{'peer':>8}{'ratio':>7}")
        for name, status in (("GET, 200", 200), ("GET with ETag, 304", 304)):
            print(f"{name:<20}" + compare(mine, theirs, status, options.rounds, options.seconds))


if __name__ == "__main__":
    main()
