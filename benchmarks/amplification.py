"""What the most expensive requests cost that a small body can ask for, beside a plain POST of an experiment.

    .venv/bin/python benchmarks/amplification.py

An API process and a store of its own. Seconds are those until the answer; MB how much more memory the API process held
at most meanwhile (Linux); x is the time in plain POSTs.
"""

import contextlib
import hashlib
import http.client
import json
import os
import secrets
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from polling import HERE, free_port, running

from satnet import presets
from satnet.service.artifacts import Artifacts, model_name
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.embedded import server_command

MODEL = 193_000_000  # bytes
NUMBERS = {"loss": 1, "accuracy": 1}
NETWORK = dict.fromkeys(("vanish_ratio", "gate_decades", "weight_decades", "loss_over_chance", "saturated_wrong"), 1)
RECORD = {"seconds": 0, "train": NUMBERS, "validation": NUMBERS, "layers": [], "network": NETWORK}
LAYER = {"activation": "tanh", "place": 0, "fan_in": 4, "fan_out": 4}
EXTERNAL = {"kind": "external", "loss": "mse", "output_activation": "linear", "optimizer": "sgd", "learning_rate": 0.1}
EXTERNAL |= {"epochs": 1_000_000}
DOUBLING = [{"op": "copy", "from": "/labels", "path": f"/labels/a{number}"} for number in range(23)]
XOR = {
    "dataset": {"name": "xor", "validation_fraction": 0.2},
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh"},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ],
    "training": {"epochs": 1},
    "seed": 1,
}


class Service:
    """One API process."""

    def __init__(self, pid: int, port: int, settings: Settings) -> None:
        """`settings`: as the API's."""
        self._pid, self._port = pid, port
        self.settings, self.store = settings, Store(settings)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=90)
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, content, response.headers

    def create(self, body: object, path: str = "/v1/experiments") -> str:
        """The path of what was created."""
        status, content, headers = self.ask("POST", path, body)
        if status != 202:
            raise SystemExit(f"{status}: {content[:300]!r}")
        return str(headers["Location"])

    def slow_readers(self, path: str, count: int) -> int:
        """Connections that ask for a file and read no more than the status, which all share, for two seconds."""
        statuses = set()
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                reader = stack.enter_context(socket.socket())
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.connect(("127.0.0.1", self._port))
                reader.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                statuses.add(int(reader.recv(12, socket.MSG_WAITALL)[9:]))
            time.sleep(2)
        return max(statuses)

    def most_memory(self) -> Callable[[], float]:
        """Starts to watch the process; MB more than now that it held at most since."""
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # the peak is counted anew
        before = self._megabytes("VmRSS")
        return lambda: self._megabytes("VmHWM") - before

    def _megabytes(self, name: str) -> float:
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(name))


@contextlib.contextmanager
def serving() -> Iterator[Service]:
    """An API over a store of its own."""
    with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as stack:
        store, port = free_port(), free_port()
        stack.enter_context(running(server_command(Path(data) / "store", store), HERE, {}, store))
        settings = Settings(redis_url=f"redis://127.0.0.1:{store}/0", data_dir=Path(data))
        environment = {"SATNET_REDIS_URL": settings.redis_url, "SATNET_DATA_DIR": data}
        command = [sys.executable, "-m", "api.server", "--log-level", "warning", "--port", str(port)]
        process = stack.enter_context(running(command, HERE, environment, port))
        yield Service(process.pid, port, settings)


def finished(service: Service) -> str:
    """The path of an experiment whose model is `MODEL` bytes."""
    own = service.create(presets.load("saturated-digits"))
    experiment_id = own.rpartition("/")[2]
    grant = next(
        one
        for one in iter(lambda: service.store.claim(["default"], "w", secrets.token_hex(4)), None)
        if one.id == experiment_id
    )
    source = service.settings.data_dir / "model"
    source.write_bytes(os.urandom(1 << 20) * (MODEL >> 20))
    about = Artifacts(service.settings.artifacts).put(model_name(experiment_id), source)
    if about["sha256"] != hashlib.sha256(source.read_bytes()).hexdigest():
        raise SystemExit("the model is not what was written")
    summary = {"final": None, "best": None, "seconds": 0.0, "layers": [], "model": about}
    service.store.finish(experiment_id, grant.fence, "succeeded", summary=summary, environment={})
    return own


def late_answer(service: Service, seconds: float) -> threading.Thread:
    """A worker that takes its time."""
    service.store.worker_seen("w", {"queues": ["default"], "kind": "cpu"})

    def work() -> None:
        while not (requests := service.store.next_prediction_requests(1)):
            pass
        time.sleep(seconds)
        service.store.reply_prediction(requests[0]["id"], {"predictions": [[1.0]]})

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def requests(service: Service) -> Iterator[tuple[str, Callable[[], int]]]:
    """Each request by its name; what calls it returns the status."""

    def post(path: str, body: object) -> Callable[[], int]:
        return lambda: service.ask("POST", path, body)[0]

    own = service.create(XOR)
    labels = [{"op": "add", "path": "/labels", "value": {}}, *DOUBLING]
    yield "clone with a patch of 23 copies", post(f"{own}/clone", {"patch": labels})
    for search, values in (
        ("grid", {"int": [1, 10**18]}),
        ("random", {"int": [1, 10**18]}),
        ("tpe", {"uniform": [-1.7e308, 1.7e308]}),
    ):
        sweep = {
            "base": XOR,
            "search": search,
            "trials": 3,
            "parameters": {"/optimizer/learning_rate" if search == "tpe" else "/layers/0/units": values},
        }
        if search == "grid":
            del sweep["trials"]
        yield f"sweep, {search} over {json.dumps(values)}", post("/v1/sweeps", sweep)
    own = service.create(EXTERNAL | {"layers": [LAYER | {"name": "d1"}]})
    for start in (0, 1000):
        data = [RECORD | {"epoch": epoch} for epoch in range(start, start + 1000)]
        yield f"1,000 records of an external experiment, from epoch {start} on", post(f"{own}/epochs", {"data": data})
    junk = {"data": [RECORD | {"epoch": 5000, "junk": "x" * 250_000}]}
    yield "a record with an unknown field of 250 kB", post(f"{own}/epochs", junk)
    long = [LAYER | {"name": f"d{number}", "initializer": "x" * 2400} for number in range(100)]
    yield "an external experiment of 100 layers with long strings", post("/v1/experiments", EXTERNAL | {"layers": long})
    largest = EXTERNAL | {
        "layers": [LAYER | {"name": "n" * 190 + str(number), "initializer": "x" * 100} for number in range(200)]
    }
    for _ in range(200):
        service.create(largest)
    page = "/v1/experiments?limit=200"
    yield "a page of 200 of the largest external experiments", lambda: service.ask("GET", page)[0]
    yield "the same with fields=spec", lambda: service.ask("GET", page + "&fields=spec")[0]

    def pages() -> int:
        with ThreadPoolExecutor(20) as pool:
            return max(pool.map(lambda _: service.ask("GET", page)[0], range(20)))

    yield "20 such pages at once", pages
    own = finished(service)
    yield "10 slow readers of a model of 193 MB (2 s)", lambda: service.slow_readers(f"{own}/model", 10)
    late_answer(service, 5)
    yield "a prediction that a worker answers after 5 s", post(f"{own}/predict", {"instances": [[0.0]]})


def main() -> None:
    """Print the table."""
    with serving() as service:
        times = []
        for number in range(30):
            began = time.perf_counter()
            service.create(presets.load("saturated-digits") | {"seed": number})
            times.append(time.perf_counter() - began)
        plain = statistics.median(times)
        print(f"a plain POST: {1000 * plain:.1f} ms (median of 30)\n")
        print("| request | status | seconds | MB | x |\n| --- | ---: | ---: | ---: | ---: |")
        for name, call in requests(service):
            grown, began = service.most_memory(), time.perf_counter()
            status = call()
            seconds = time.perf_counter() - began
            print(f"| {name} | {status} | {seconds:.2f} | {grown():.0f} | {seconds / plain:.0f} |", flush=True)


if __name__ == "__main__":
    main()
