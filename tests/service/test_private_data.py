"""What `satnet up` keeps is open to its user alone: tried as another user of this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import redis

from satnet.store.embedded_address import last_url

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]
_TRY = """
import json, os, socket, sys
from pathlib import Path
os.setgroups([]), os.setgid(65534), os.setuid(65534)  # here: nobody may not start root's interpreter
def tried(path):
    path = Path(path)
    try:
        if path.suffix == ".sock":
            socket.socket(socket.AF_UNIX).connect(str(path))
        elif path.is_dir():
            list(path.iterdir())
        else:
            path.read_bytes()
    except OSError as error:
        return type(error).__name__
    return "open"
print(json.dumps({path: tried(path) for path in sys.argv[1:]}))
"""


@pytest.fixture
def folder():
    """A folder that everybody may enter; pytest's own is root's."""
    path = Path(tempfile.mkdtemp(prefix="satnet-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def service(folder):
    """`satnet up` on a data directory that an older version left open."""
    data = folder / "data"
    models = data / "artifacts" / "models"
    models.mkdir(parents=True)
    (models / "exp_old.keras").write_text("weights")
    with running(data) as process:
        yield process, data


@contextlib.contextmanager
def running(data, **environment):
    """`satnet up` without workers, under the usual umask."""
    command = [sys.executable, "-m", "satnet.cli", "up", "--port", "0", "--workers", "0", "--data", str(data)]
    environment = os.environ | environment
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=quiet, text=True, umask=0o022, env=environment
    ) as process:
        try:
            assert "ready" in process.stdout.readline()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(40)


def as_nobody(*paths):
    """What another user gets: `open`, or the error's name."""
    command = [sys.executable, "-c", _TRY, *map(str, paths)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)


def listening_ports(pid):
    """TCP ports that a process listens on."""
    inodes = {os.readlink(link).removeprefix("socket:[").rstrip("]") for link in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes]


def test_nothing_of_a_service_is_open_to_another_user(service, folder):
    # given
    _, data = service
    (folder / "public").write_text("to see that the other user can read at all")
    (folder / "public").chmod(0o644)
    with redis.Redis.from_url(last_url(data / "store")) as client:
        client.set("secret", "value")
        server = client.info("server")["process_id"]
    log = next(data.glob("store/appendonlydir/*.incr.aof"))

    # when
    closed = [
        data / "store" / "valkey.sock",
        data / "store" / "url",
        log,
        data / "artifacts" / "models" / "exp_old.keras",
    ]
    got = as_nobody(*closed, data / "store", data / "artifacts", folder / "public")

    # then
    assert got.pop(str(folder / "public")) == "open"
    assert set(got.values()) == {"PermissionError"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (log, data / "store" / "url")} == {0o600}
    assert listening_ports(server) == []


def test_a_new_data_directory_is_closed(folder):
    # given
    data = folder / "new" / "data"

    # when
    with running(data):
        pass

    # then
    assert as_nobody(data) == {str(data): "PermissionError"}


def test_a_killed_store_comes_back_on_its_socket(service):
    # given
    process, data = service
    with redis.Redis.from_url(last_url(data / "store")) as client:
        client.set("kept", "1")
        server = client.info("server")["process_id"]

        # when
        os.kill(server, signal.SIGKILL)
        end = time.monotonic() + 30
        while True:
            try:
                value = client.get("kept")
                break
            except (redis.ConnectionError, redis.BusyLoadingError):
                assert time.monotonic() < end
                time.sleep(0.1)

    # then
    assert value == b"1"
    assert client.info("server")["process_id"] != server
    assert process.poll() is None


def test_a_second_service_on_the_same_data_is_refused(service):
    # given
    _, data = service

    # when
    command = [sys.executable, "-m", "satnet.cli", "up", "--port", "0", "--data", str(data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)

    # then
    assert second.returncode == 2
    assert f"another satnet up runs on {data}" in second.stderr
    with redis.Redis.from_url(last_url(data / "store")) as client:
        assert client.ping()


def test_a_store_with_a_port_wants_its_password(folder):
    # given
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"

    # when
    with running(data, SATNET_STORE_PORT=str(port)):
        # then
        with pytest.raises(redis.AuthenticationError), redis.Redis(port=port) as client:
            client.ping()
        with redis.Redis.from_url(last_url(data / "store")) as client:
            assert client.config_get("maxmemory")["maxmemory"] != "0"
