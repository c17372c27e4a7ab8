"""A store with the users of the containers, started as the container starts it."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from satnet.store.embedded import server_binary, server_command

CONTAINER = Path(__file__).parent.parent.parent / "containers" / "redis"
PASSWORDS = {"api": "api/pass word", "worker": "worker-password", "admin": "of-the-tests"}


def guarded_command(folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """The start script's command and environment; there is one more user, who may do everything."""
    secrets, users, programs = folder / "secrets", folder / "users.acl", folder / "bin"
    secrets.mkdir(parents=True)
    programs.mkdir()
    for user in ("api", "worker"):
        (secrets / f"redis_{user}").write_text(PASSWORDS[user] + "\n")
    users.write_text((CONTAINER / "users.acl").read_text() + f"user admin on >{PASSWORDS['admin']} ~* &* +@all\n")
    (programs / "redis-server").symlink_to(server_binary())
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SATNET_SECRETS": str(secrets),
        "SATNET_USERS": str(users),
        "SATNET_ACTIVE_USERS": str(folder / "active.acl"),
    }
    return ["sh", str(CONTAINER / "start.sh"), *server_command(folder / "store", port)[1:]], environment


def url_of(user: str, port: int) -> str:
    """The store's URL for one of its users."""
    password = PASSWORDS[user].replace("/", "%2F").replace(" ", "%20")
    return f"redis://{user}:{password}@127.0.0.1:{port}/0"


@contextlib.contextmanager
def guarded_store(folder: Path, port: int) -> Iterator[None]:
    """Run it for as long as this lasts."""
    command, environment = guarded_command(folder, port)
    server = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        with redis.Redis.from_url(url_of("admin", port)) as client:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    break
                assert time.monotonic() < end
                time.sleep(0.02)
        yield
    finally:
        server.terminate()
        server.wait(10)
