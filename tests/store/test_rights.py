"""The users of the containers may do what API and workers do, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from satnet.service.ports import free_port
from tests.store.guarded import CONTAINER, guarded_command, guarded_store, url_of

ROOT = Path(__file__).parent.parent.parent
_TESTS = {
    "api": [
        "tests/store/test_store.py",
        "tests/store/test_life.py",
        "tests/store/test_owners.py",
        "tests/store/test_datasets.py",
        "tests/api/test_routes.py",
        "tests/api/test_sweep_routes.py",
    ],
    "worker": [
        "tests/store/test_store.py",
        "tests/store/test_life.py",
        "tests/store/test_folds.py",
        "tests/store/test_datasets.py",
    ],
}


@pytest.fixture(scope="module")
def connect(tmp_path_factory):
    """A connection as one of the users, in a function."""
    port, clients = free_port(), []

    def connected(user):
        clients.append(redis.Redis.from_url(url_of(user, port), decode_responses=True))
        return clients[-1]

    with guarded_store(tmp_path_factory.mktemp("guarded"), port):
        yield connected
        for client in clients:
            client.close()


@pytest.mark.service
@pytest.mark.parametrize("user", sorted(_TESTS))
def test_what_the_store_is_tested_for_works_with_the_rights_of_a_container(user):
    # when
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *_TESTS[user]]
    environment = os.environ | {"SATNET_TEST_AS_USER": user}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=500)

    # then
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("user", ["api", "worker"])
@pytest.mark.parametrize(
    "command",
    [
        ("CONFIG", "GET", "*"),
        ("CONFIG", "SET", "dir", "/tmp"),
        ("ACL", "LIST"),
        ("FLUSHALL",),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("MONITOR",),
        ("SHUTDOWN", "NOSAVE"),
        ("REPLICAOF", "evil.example", "6379"),
        ("MODULE", "LIST"),
        ("GET", "another:key"),
        ("SET", "another:key", "1"),
        ("PUBLISH", "channel", "1"),
        ("EVAL", "return 1", "0"),
        ("FUNCTION", "LIST"),
        ("CLIENT", "LIST"),
    ],
    ids=" ".join,
)
def test_nothing_else_is_allowed(connect, user, command):
    # when / then
    with pytest.raises(redis.exceptions.NoPermissionError):
        connect(user).execute_command(*command)


def test_workers_cannot_reach_api_keys(connect):
    # given
    connect("api").hset("sn:key:key_1", "sha256", "00")

    # when / then
    for command in (("HGETALL", "sn:key:key_1"), ("HSET", "sn:key:key_1", "sha256", "11"), ("ZADD", "sn:keys", 1, "k")):
        with pytest.raises(redis.exceptions.NoPermissionError):
            connect("worker").execute_command(*command)


def test_a_script_has_no_more_rights_than_its_user(connect):
    # given
    worker = connect("worker")
    script = worker.register_script("return redis.call('HGETALL', 'sn:key:key_1')")

    # when / then
    with pytest.raises(redis.ResponseError, match="permission|ACL"):
        script()


def test_nobody_comes_in_without_a_password(connect):
    # given
    port = connect("admin").connection_pool.connection_kwargs["port"]

    # when / then
    with redis.Redis(port=port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis(port=port, username="api", password="wrong") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_users_file_holds_hashes_alone(tmp_path):
    # given
    port = free_port()

    # when
    with guarded_store(tmp_path, port):
        text = (tmp_path / "active.acl").read_text()

    # then
    assert "worker-password" not in text
    assert (tmp_path / "active.acl").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("content", [None, ""])
def test_a_missing_secret_is_named(tmp_path, content):
    # given
    command, environment = guarded_command(tmp_path, free_port())
    secret = tmp_path / "secrets" / "redis_worker"
    secret.unlink()
    if content is not None:
        secret.write_text(content)

    # when
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=20)

    # then
    assert done.returncode == 1
    assert "the secret redis_worker is missing or empty: make secrets writes it" in done.stderr


def test_every_user_is_limited_to_named_commands_and_keys():
    # when
    lines = (CONTAINER / "users.acl").read_text().splitlines()

    # then
    assert [line.split()[1] for line in lines] == ["default", "api", "worker"]
    assert lines[0] == "user default off"
    assert not any(
        right in line.split() for line in lines for right in ("+@all", "~*", "allkeys", "allcommands", "nopass")
    )
