"""A whole service of real processes that tests kill: Valkey, API, workers, each started anew when it dies."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import redis

from satnet.service.ports import free_port
from satnet.store.embedded import cut_zeros, server_command
from tests.faults import stub
from tests.faults.invariants import broken

ROOT = Path(__file__).parent.parent.parent
QUICK = {
    "SATNET_LEASE": "PT3S",
    "SATNET_HEARTBEAT": "PT0.5S",
    "SATNET_REAPER_TICK": "PT0.5S",
    "SATNET_REDIS_GRACE": "PT2S",
    "SATNET_WATCHDOG": "PT10S",
    "SATNET_STALL_S": "4",
    "SATNET_CHECKPOINT_EVERY": "PT0.1S",
    "SATNET_CANCEL_GRACE": "PT2S",
}
SPEC = {
    "dataset": {"name": "digits"},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
    "training": {"epochs": stub.EPOCHS},
    "seed": 1,
}


class Fleet:
    """Processes by name: store, api, worker0, worker1, ..."""

    def __init__(
        self, folder, workers=2, environment=None, failpoints="", trainer="tests.faults.stub:train", data=None
    ):
        self.folder = Path(folder)
        self.data = self.folder if data is None else Path(data)
        self.ledger = self.folder / "ledger"
        self.ledger.touch()
        self.port, self.api_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.api_port}"
        self.names = ["store", "api", *(f"worker{number}" for number in range(workers))]
        self.environment = {
            **os.environ,
            **QUICK,
            **(environment or {}),
            "SATNET_REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "SATNET_DATA_DIR": str(self.data),
            "SATNET_TEST_LEDGER": str(self.ledger),
            "SATNET_TRAINER": trainer,
            "SATNET_FAILPOINTS": failpoints,
            "PYTHONPATH": str(ROOT),
        }
        self.tolerated = {503}  # what a submit may be answered, and is then tried again
        self.special = {}  # name -> what its environment has beside that
        self.bind = "127.0.0.1"  # where the store listens
        self.prefix = {}  # name -> what its command begins with
        self.processes, self.held, self.restarts, self._closed = {}, set(), 0, False
        self._log = (self.folder / "log").open("ab")
        self._lock = threading.RLock()
        self.raw = redis.Redis(port=self.port, decode_responses=True, socket_timeout=5)

    def __enter__(self):
        for name in self.names:
            self._start(name)
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._thread.start()
        self.until(self.warm, 90)
        return self

    def __exit__(self, *_):
        self._closed = True
        self._thread.join(5)
        for name in reversed(self.names):
            self.kill(name)
        self.raw.close()
        self._log.close()

    def _command(self, name):
        if name == "store":
            command = server_command(self.data / "store", self.port)
            return [*command, "--bind", *self.bind.split(), "--protected-mode", "no"]
        if name == "api":
            command = [sys.executable, "-m", "api.server", "--port", str(self.api_port)]
            return [*command, "--log-level", "warning"]
        return [sys.executable, "-m", "worker.main"]

    def _start(self, name):
        if name == "store":
            cut_zeros(self.data / "store")
        self.processes[name] = subprocess.Popen(
            [*self.prefix.get(name, ()), *self._command(name)],
            env=self.environment | self.special.get(name, {}),
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _supervise(self):
        while not self._closed:
            with self._lock:
                for name, process in list(self.processes.items()):
                    if process.poll() is not None and name not in self.held and not self._closed:
                        self.restarts += 1
                        self._start(name)
            time.sleep(0.1)

    @staticmethod
    def _group(process):
        """Kill -9 of a process and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def kill(self, name):
        """Kill -9 of one process and its children; whoever supervises starts it again."""
        with self._lock:
            process = self.processes[name]
            self._group(process)
            process.wait(10)

    def kill_parent(self, name):
        """Kill -9 of a worker's parent alone: its child is left behind."""
        self.processes[name].kill()

    def stop(self, name):
        """SIGTERM, and wait until it has drained and another is there; the seconds that the first took."""
        process, began = self.processes[name], time.monotonic()
        process.terminate()
        process.wait(60)
        took = time.monotonic() - began
        self.until(lambda: self.processes[name] is not process, 10)
        return took

    def child(self, name):
        """The process that trains, of a worker; None while there is none."""
        parent = self.processes[name].pid
        listing = subprocess.run(["ps", "-ewwo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
        found = [int(pid) for pid, ppid, args in rows if int(ppid) == parent and "spawn_main" in args]
        return found[0] if found else None

    def kill_child(self, name):
        """Kill -9 of the process that trains."""
        if (pid := self.child(name)) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def warm(self):
        """The API answers and every worker lives."""
        try:
            if httpx.get(f"{self.url}/readyz", timeout=2).status_code != 200:
                return False
            workers = httpx.get(f"{self.url}/v1/workers", timeout=2).json()["data"]
        except (httpx.HTTPError, KeyError, ValueError):
            return False
        return len(workers) >= len(self.names) - 2

    @staticmethod
    def until(holds, seconds, pause=0.1):
        """Wait until it holds; AssertionError after `seconds`."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"waited {seconds} s in vain"
            time.sleep(pause)

    def submit(self, name, /, key=None, patience=60.0, **changes):
        """POST one experiment until it is accepted; its id, which the ledger has before this returns."""
        labels = {"n": name} | (changes.pop("labels", None) or {})
        body = SPEC | changes | {"labels": labels}
        end = time.monotonic() + patience
        while True:
            try:
                headers = {"Idempotency-Key": key or f"key-{name}"}
                answer = httpx.post(f"{self.url}/v1/experiments", json=body, headers=headers, timeout=5)
                if answer.status_code == 202:
                    experiment_id = answer.json()["id"]
                    stub.write(self.ledger, event="accepted", n=name, id=experiment_id)
                    return experiment_id
                assert answer.status_code in self.tolerated, answer.text
            except httpx.HTTPError:
                pass
            assert time.monotonic() < end, f"{name} was not accepted within {patience} s"
            time.sleep(0.2)

    def get(self, experiment_id):
        """Its document."""
        return httpx.get(f"{self.url}/v1/experiments/{experiment_id}", timeout=5).json()

    def accepted(self):
        """Name -> id, as the client's ledger has it."""
        return {one["n"]: one["id"] for one in stub.read(self.ledger) if one["event"] == "accepted"}

    def open_ones(self):
        """Ids that are not over."""
        try:
            over = {
                one
                for status in ("succeeded", "failed", "cancelled")
                for one in self.raw.zrange(f"sn:ix:{status}", 0, -1)
            }
        except redis.RedisError:
            return set(self.accepted().values())
        return set(self.accepted().values()) - over

    def settle(self, seconds=120):
        """Wait until everything that was accepted is over."""
        self.until(lambda: not self.open_ones(), seconds, 0.3)

    def check(self, failed=(), results=None):
        """The invariants, and that every accepted one has the result of an undisturbed run; what is wrong."""
        found = broken(self.raw, late_ms=5000)
        with contextlib.suppress(AssertionError):
            self.until(lambda: not self._tickets(), 60, 0.5)
        found += [f"{self._tickets()} wake-up calls are left in the broker"] if self._tickets() else []
        for name, experiment_id in self.accepted().items():
            state = self.raw.hgetall(f"sn:exp:{experiment_id}")
            if not state:
                found.append(f"{name} was accepted as {experiment_id} and is gone")
            elif state["status"] != "succeeded" and name not in failed:
                found.append(f"{name} is {state['status']}: {state.get('status_reason')}")
            elif state["status"] == "succeeded":
                found += (results or self._results)(name, experiment_id)
        return found

    def _tickets(self):
        with redis.Redis(port=self.port, db=1, socket_timeout=5) as broker:
            return broker.llen("snq:default")

    def _results(self, name, experiment_id):
        answer = httpx.get(f"{self.url}/v1/experiments/{experiment_id}/epochs", timeout=10).json()["data"]
        losses = [one["train"]["loss"] for one in answer]
        wanted = stub.expected(name, len(losses) - 1)
        return [] if losses == wanted and len(losses) == stub.EPOCHS + 1 else [f"{name} has the losses {losses}"]
