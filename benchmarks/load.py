"""A service under load: submitters, pollers, event streams and long polls at once, and how it answers meanwhile.

    .venv/bin/python benchmarks/load.py
    .venv/bin/python benchmarks/load.py --seconds 5 --submitters 2 --pollers 5 --streams 50 --waits 50
    .venv/bin/python benchmarks/load.py --idle --streams 1000 --waits 1000

`satnet up` runs with a worker whose trainer computes nothing (`benchmarks/runners/stub.py`): the load is on the API and
the store. With `--idle` nothing changes but for one epoch at the end, which all readers are to hear of. The load comes
from one other process on the same machine and takes its share of the cores; a third asks for /healthz.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
EXTERNAL = {
    "kind": "external",
    "loss": "mean_squared_error",
    "output_activation": "linear",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "layers": [{"name": "dense_1", "activation": "tanh", "place": 1, "fan_in": 64, "fan_out": 25}],
    "epochs": 1000,
}
SPEC = {
    "dataset": {"name": "digits"},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
    "training": {"epochs": 5},
}


@dataclass
class Seen:
    """What the load has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)  # when a reader heard of the last change
    rss_mb: float = 0.0


class Target:
    """The API: where it listens and which process it is."""

    def __init__(self, url: str, process: int) -> None:
        self.port, self.process = int(url.rpartition(":")[2]), process

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    def cpu(self) -> float:
        """Seconds of CPU time that it has used."""
        user, system = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def request(method: str, path: str, headers: dict[str, str] | None = None, body: object = None) -> bytes:
    """A request as bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    status = int(head[0].split()[1])
    body = await reader.readexactly(int(headers.get("content-length", 0))) if status != 304 else b""
    return status, headers, body


class Client:
    """One connection that is kept."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: object = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One answer; the connection is opened again where the server has closed it while it was idle."""
        for again in (True, False):
            kept = self._streams is not None
            reader, writer = self._streams = self._streams or await self._target.open()
            try:
                writer.write(request(method, path, headers, body))
                return await answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                self._streams = None
                writer.close()
                if not (kept and again):
                    raise
        raise AssertionError

    def close(self) -> None:
        """Close it."""
        if self._streams:
            self._streams[1].close()


class Load:
    """All that is asked of the service at once."""

    def __init__(self, target: Target, seconds: float) -> None:
        self.target, self.seen, self.end = target, Seen(), time.monotonic() + seconds
        self.ids: list[str] = []

    def going(self) -> bool:
        """Whether the time is not over."""
        return time.monotonic() < self.end

    def count(self, what: str, status: int, expected: tuple[int, ...]) -> None:
        """Count an answer."""
        self.seen.counts[what] += 1
        if status not in expected:
            self.seen.errors[f"{what}: {status}"] += 1

    @contextlib.asynccontextmanager
    async def client(self, what: str) -> AsyncIterator[Client]:
        """A client whose failures are counted."""
        client = Client(self.target)
        try:
            yield client
        except (OSError, asyncio.IncompleteReadError) as error:
            self.seen.errors[f"{what}: {type(error).__name__}"] += 1
        finally:
            client.close()

    async def submit(self) -> None:
        """Submit tiny experiments."""
        async with self.client("submit") as client:
            while self.going():
                status, headers, _ = await client.call("POST", "/v1/experiments", body=SPEC)
                self.count("submit", status, (202,))
                self.ids.append(headers.get("location", ""))
                await asyncio.sleep(1)

    async def poll(self, path: str) -> None:
        """Ask again and again, with the ETag."""
        async with self.client("poll") as client:
            etag: dict[str, str] = {}
            while self.going():
                status, headers, _ = await client.call("GET", path, etag)
                self.count("poll", status, (200, 304))
                etag = {"If-None-Match": headers.get("etag", "")}
                await asyncio.sleep(0.5)

    async def wait(self, path: str) -> None:
        """Hold answers."""
        async with self.client("long poll") as client:
            headers: dict[str, str] = {}
            while self.going():
                status, got, _ = await client.call("GET", path, {"Prefer": "wait=60", **headers})
                self.seen.heard.append(time.monotonic())
                self.count("long poll", status, (200, 304))
                headers = {"If-None-Match": got.get("etag", "")}

    async def stream(self, path: str) -> None:
        """Read events."""
        reader, writer = await self.target.open()
        try:
            writer.write(request("GET", f"{path}/events", {"Accept": "text/event-stream"}))
            head = await reader.readuntil(b"\r\n\r\n")
            self.count("stream", int(head.split()[1]), (200,))
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    self.seen.heard.append(time.monotonic())
                    self.seen.counts["event"] += 1
            if self.going():
                self.seen.errors["stream: closed"] += 1
        except (OSError, asyncio.IncompleteReadError) as error:
            self.seen.errors[f"stream: {type(error).__name__}"] += 1
        finally:
            writer.close()

    async def health(self) -> None:
        """How long another process waits that asks how it is: this one is late itself while it reads 1,000 answers."""
        command = [sys.executable, __file__, "--probe", str(self.target.port)]
        probe = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told = probe.stdout or asyncio.StreamReader()
        try:
            while self.going() and (line := await told.readline()):
                status, seconds = line.split()
                self.seen.health.append(float(seconds))
                self.count("healthz", int(status), (200,))
                self.seen.rss_mb = max(self.seen.rss_mb, self.target.rss_mb())
            if self.going():
                self.seen.errors["healthz: closed"] += 1
        finally:
            probe.terminate()
            await probe.wait()

    async def report(self, path: str) -> None:
        """Report an epoch a second of the experiment that is followed."""
        async with self.client("epoch") as client:
            epoch = 0
            while self.going():
                status, _, _ = await client.call("POST", f"{path}/epochs", body={"data": [record(epoch)]})
                self.count("epoch", status, (200, 202))
                epoch += 1
                await asyncio.sleep(1)


def probe(port: int) -> None:
    """Ask how the service is, ten times a second, until told to end: status and seconds, a line each."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        start = time.monotonic()
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        print(answer.status, time.monotonic() - start, flush=True)
        time.sleep(0.1)


def record(epoch: int) -> dict[str, object]:
    """One epoch of an external experiment, with what has to be there."""
    metric = {"loss": 1 / (epoch + 1)}
    layer = {"name": "dense_1", "activation": "tanh", "units": 25, "non_finite": 0}
    told = {"epoch": epoch, "seconds": 0.1, "train": metric, "validation": metric, "network": {}}
    return told | {"layers": [layer], "input": {"mean": 0.0, "std": 1.0}}


async def followed(load: Load) -> str:
    """An external experiment; its path."""
    async with load.client("follow") as client:
        _, headers, body = await client.call("POST", "/v1/experiments", body=EXTERNAL)
        if "location" not in headers:
            raise SystemExit(body.decode())
        return headers["location"]
    raise SystemExit("the service does not answer")


async def busy(target: Target, options: argparse.Namespace) -> Seen:
    """Everything at once."""
    load = Load(target, options.seconds)
    path = await followed(load)
    work = [load.submit() for _ in range(options.submitters)]
    work += [load.poll(path) for _ in range(options.pollers)] + [load.wait(path) for _ in range(options.waits)]
    work += [load.stream(path) for _ in range(options.streams)] + [load.health(), load.report(path)]
    tasks = [asyncio.create_task(one) for one in work]
    await asyncio.sleep(options.seconds)
    await asyncio.wait(tasks, timeout=3)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            load.seen.errors[repr(result)] += 1
    return load.seen


async def idle(target: Target, options: argparse.Namespace) -> Seen:
    """Readers of an experiment that does nothing, then one epoch."""
    load = Load(target, options.seconds + 30)
    path = await followed(load)
    readers = [asyncio.create_task(load.stream(path)) for _ in range(options.streams)]
    readers += [asyncio.create_task(load.wait(path)) for _ in range(options.waits)]
    await asyncio.sleep(10)
    load.seen.heard.clear()
    before = target.cpu()
    await asyncio.sleep(options.seconds)
    share = (target.cpu() - before) / options.seconds
    print(f"readers {len(readers)}, heard while nothing changed {len(load.seen.heard)}")
    print(f"CPU share of the API while nothing changes: {share:.1%}")
    health = asyncio.create_task(load.health())
    await asyncio.sleep(1)
    load.seen.heard.clear()
    start = time.monotonic()
    async with load.client("epoch") as client:
        await client.call("POST", f"{path}/epochs", body={"data": [record(0)]})
    await asyncio.sleep(5)
    late = sorted(moment - start for moment in load.seen.heard)
    print(f"an epoch reached {len(late)} of them, the last after {late[-1]:.2f} s" if late else "nobody heard")
    for task in (*readers, health):
        task.cancel()
    await asyncio.gather(*readers, health, return_exceptions=True)
    return load.seen


def table(seen: Seen) -> str:
    """What is printed."""
    health = sorted(seen.health)
    rows = [(what, str(count)) for what, count in sorted(seen.counts.items())]
    rows += [("errors", str(sum(seen.errors.values())))]
    for share in (0.5, 0.99, 1.0):
        rows.append((f"/healthz, {share:.0%} within", f"{1000 * health[int(share * (len(health) - 1))]:.0f} ms"))
    rows += [("memory of the API, largest", f"{seen.rss_mb:.0f} MB")]
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(
        ["| | |", "| --- | ---: |", *lines, *(f"  {what} x {count}" for what, count in seen.errors.items())]
    )


@contextlib.contextmanager
def service(bound: int) -> Iterator[Target]:
    """`satnet up` with one worker that computes nothing."""
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {
            "PYTHONPATH": str(HERE),
            "SATNET_TRAINER": "benchmarks.runners.stub:train",
            "SATNET_MAX_WAITING_PER_CLIENT": str(bound),
        }
        command = [sys.executable, "-m", "satnet.cli", "up", "--port", "0", "--data", data]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            url = next(word for word in line.split() if word.startswith("http"))
            yield Target(url, api_process(process.pid))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def api_process(parent: int) -> int:
    """The process id of the API among the children of `satnet up`."""
    listing = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()[1:]]
    return next(int(pid) for pid, up, args in rows if up == str(parent) and "api.server" in args)


def main() -> None:
    """Load it, print a table; the status is 1 where there were errors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    for name, count in (("submitters", 20), ("pollers", 100), ("streams", 500), ("waits", 500)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--idle", action="store_true", help="nothing changes, then one epoch")
    parser.add_argument("--probe", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        probe(options.probe)
    with service(options.streams + options.waits + 10) as target:
        seen = asyncio.run((idle if options.idle else busy)(target, options))
    print(table(seen))
    raise SystemExit(1 if seen.errors else 0)


if __name__ == "__main__":
    main()
