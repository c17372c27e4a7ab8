"""A real API process over the tests' store."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from satnet.service.ports import free_port


class Api:
    """`python -m api.server`, its URL and what it uses."""

    def __init__(self, settings, environment, limit=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "SATNET_REDIS_URL": settings.redis_url,
            "SATNET_DATA_DIR": str(settings.data_dir),
            **environment,
        }
        self.log = settings.data_dir / "api.log"
        command = [sys.executable, "-m", "api.server", "--port", str(self.port), "--log-level", "warning"]
        few = None if limit is None else lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, preexec_fn=few)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/healthz", timeout=5)
                return
            except httpx.TransportError:
                time.sleep(0.1)

    def cpu(self):
        """Seconds of CPU time that it has used."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """End it; the seconds until it had ended, and its exit status."""
        start = time.monotonic()
        self.process.terminate()
        return self.process.wait(20), time.monotonic() - start


@pytest.fixture
def serve(settings):
    """Start an API process with these variables."""
    started = []

    def start(limit=None, **environment):
        started.append(Api(settings, environment, limit))
        return started[-1]

    yield start
    for api in started:
        if api.process.poll() is None:
            api.stop()
