"""How the embedded store is reached: by its user, and by nobody else."""

import contextlib
import stat
import subprocess
import time
from pathlib import Path

import pytest
import redis

from satnet.service.ports import free_port
from satnet.store.embedded import server_command
from satnet.store.embedded_address import last_url, store_address


@contextlib.contextmanager
def served(folder, address):
    """The store in `folder`, at this address."""
    server = subprocess.Popen(
        server_command(folder, options=address.options, config=address.config), stdout=subprocess.DEVNULL
    )
    try:
        with redis.Redis.from_url(address.url) as client:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    break
                assert time.monotonic() < end
                time.sleep(0.02)
            yield client
    finally:
        server.kill()
        server.wait()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_store_without_a_port_is_reached_through_its_socket_alone(tmp_path):
    # given a folder whose name has to be quoted
    folder = tmp_path / "a b#%" / "store"
    address = store_address(folder)

    # when
    with served(folder, address) as client:
        answered, port = client.ping(), client.config_get("port")

    # then
    assert (answered, port) == (True, {"port": "0"})
    assert (mode(folder), mode(folder / "valkey.sock")) == (0o700, 0o700)
    assert last_url(folder) == address.url


def test_a_socket_that_a_killed_store_left_is_replaced(tmp_path):
    # given
    address = store_address(tmp_path)
    with served(tmp_path, address) as client:
        client.set("kept", "1")
    assert (tmp_path / "valkey.sock").is_socket()

    # when / then
    with served(tmp_path, store_address(tmp_path)) as client:
        assert client.get("kept") == b"1"


def test_a_path_too_long_for_a_socket_gets_a_short_folder_of_its_own(tmp_path):
    # given
    folder = tmp_path / ("long" * 30)
    address = store_address(folder)

    # when
    with served(folder, address) as client:
        client.set("kept", "1")

    # then
    assert mode(address.temporary) == 0o700
    assert (folder / "appendonlydir").is_dir()
    address.forget()
    assert not address.temporary.exists()


def test_a_store_with_a_port_has_a_password_that_it_keeps_over_restarts(tmp_path):
    # given
    port = free_port()
    address = store_address(tmp_path, port)

    # when
    with served(tmp_path, address) as client:
        assert client.ping()
        command = Path(f"/proc/{client.info('server')['process_id']}/cmdline").read_text()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()

    # then
    password = (tmp_path / "password").read_text().strip()
    assert len(password) > 40
    assert password not in command
    assert {mode(tmp_path / name) for name in ("password", "password.conf", "url")} == {0o600}
    assert store_address(tmp_path, port).url == address.url


def test_a_folder_that_others_could_read_is_closed(tmp_path):
    # given
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o755)

    # when
    store_address(folder)

    # then
    assert mode(folder) == 0o700


def test_no_url_is_known_before_the_first_start(tmp_path):
    # when / then
    assert last_url(tmp_path) is None
