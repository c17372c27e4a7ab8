"""A real Valkey server for every test that needs the store."""

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from satnet.service.ports import free_port
from satnet.settings import Settings
from satnet.store import Store
from satnet.store.embedded import server_command
from tests.store.guarded import guarded_store, url_of

_AS_USER = os.environ.get("SATNET_TEST_AS_USER", "")  # a user of the containers; see tests/store/test_rights.py


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real processes first: they wait for most of their time, and others run meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("service") is None)


@pytest.fixture(scope="session")
def raw_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose user may do everything."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    port = free_port()
    if _AS_USER:
        with guarded_store(folder, port):
            yield url_of("admin", port)
        return
    server = subprocess.Popen(server_command(folder, port), stdout=subprocess.DEVNULL)
    with redis.Redis(port=port) as client:
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="session")
def valkey_url(raw_url: str) -> str:
    """The same server, for what is tested."""
    return url_of(_AS_USER, urlsplit(raw_url).port or 0) if _AS_USER else raw_url


@pytest.fixture
def settings(raw_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    with redis.Redis.from_url(raw_url) as client:
        client.flushall()
    return Settings(
        redis_url=valkey_url,
        data_dir=tmp_path,
        allowed_hosts=("testserver",),  # as which the test client reaches the application
        auth="off",  # a further name would ask for keys; tests of keys set what they need
        heartbeat=timedelta(seconds=0.2),
        lease=timedelta(seconds=0.5),
        reaper_tick=timedelta(milliseconds=1),
        redis_grace=timedelta(0),
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings)
    yield store
    store.close()


@pytest.fixture
def raw(raw_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(raw_url, decode_responses=True) as client:
        yield client
