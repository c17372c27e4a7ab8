"""Keys of a whole service that others can reach: the first one, more of them, and where their text never is."""

import os
import re
import subprocess
import sys
import threading

import httpx
import pytest

pytestmark = pytest.mark.service


class Service:
    """`satnet up` on every address of this machine, without workers."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "satnet.cli", "up", "--workers", "0", "--port", "0", "--host", "0.0.0.0"]
        self.folder, self.log = folder, folder.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--data", str(folder)], stdout=subprocess.PIPE, stderr=log, text=True
            )
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        self.ready = self.process.stdout.readline()
        watchdog.cancel()
        self.url = next(word for word in self.ready.split() if word.startswith("http"))

    def announced(self):
        """The key among the three lines after the first."""
        lines = [self.process.stdout.readline() for _ in range(3)]
        return next(line.strip() for line in lines if "sat_" in line)

    def satnet(self, *arguments, key="", status=0):
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "satnet.cli", *arguments],
            env={**os.environ, "SATNET_URL": self.url, "SATNET_API_KEY": key},
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stderr
        return done.stdout.strip()

    def stop(self):
        """What else it had said."""
        self.process.terminate()
        rest = self.process.stdout.read()
        self.process.wait(40)
        self.process.stdout.close()
        return rest


@pytest.fixture
def start(tmp_path):
    def on(folder="data"):
        started.append(Service(tmp_path / folder))
        return started[-1]

    started = []
    yield on
    for service in started:
        if service.process.poll() is None:
            service.stop()


def test_a_service_that_others_reach_makes_one_key_and_its_text_is_kept_nowhere(start):
    # given
    service = start()
    first = service.announced()

    # when: strangers, the first key, more keys, a lost admin's way back in, a key in an address
    with httpx.Client(base_url=service.url) as http:
        strangers = [http.get(path).status_code for path in ("/healthz", "/v1/queue")]
        http.get("/v1/queue", params={"api_key": first})
        http.get("/v1/queue", headers={"Authorization": f"Bearer {first}x"})
    reader = service.satnet("keys", "create", "ci", "--scope", "read", "--owner", "alice", key=first)
    denied = service.satnet("keys", "list", key=reader, status=4)
    rescue = service.satnet("keys", "create", "rescue", "--scope", "admin", "--local", "--data", str(service.folder))
    listed = service.satnet("keys", "list", key=rescue)
    service.satnet("keys", "revoke", re.search(r"key_\w+(?=  ci )", listed)[0], key=rescue)
    service.satnet("list", key=reader, status=4)
    processes = subprocess.run(["ps", "-wweo", "args"], capture_output=True, text=True, check=True).stdout
    rest = service.stop()

    # then
    texts = [first, reader, rescue]
    assert strangers == [200, 401]
    assert denied == ""
    assert [name for name in ("admin", "ci", "rescue") if name not in listed] == []
    kept = [path.read_bytes() for path in service.folder.rglob("*") if path.is_file()]
    assert any(b"sn:keys" in content for content in kept)
    for text in texts:
        secret = text.split("_", 2)[2]
        assert not any(secret.encode() in content for content in kept)
        assert secret not in processes
        assert secret not in rest
        assert secret not in service.log.read_text()


def test_a_service_that_has_had_a_key_makes_no_other(start):
    # given
    service = start()
    first = service.announced()
    service.satnet("keys", "revoke", re.search(r"key_\w+", service.satnet("keys", "list", key=first))[0], key=first)
    service.stop()

    # when
    again = start()
    status = httpx.get(f"{again.url}/v1/queue").status_code

    # then
    assert status == 401
    assert "sat_" not in again.stop()
