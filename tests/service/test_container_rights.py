"""API and workers, each as its own user of the store, as in containers: no command of theirs is denied."""

import time

import httpx
import pytest
import redis

from satnet.service.ports import free_port
from tests.api.test_external import BODY as EXTERNAL
from tests.faults.fleet import SPEC, Fleet
from tests.store.guarded import guarded_command, url_of

pytestmark = pytest.mark.service


class GuardedFleet(Fleet):
    """The store knows the users of the containers; each process is one of them."""

    def __init__(self, folder):
        super().__init__(folder, workers=2)
        self.port = free_port()
        self._store, environment = guarded_command(self.folder / "guarded", self.port)
        self.special = {
            "store": environment,
            "api": {"SATNET_REDIS_URL": url_of("api", self.port)},
            **{f"worker{number}": {"SATNET_REDIS_URL": url_of("worker", self.port)} for number in range(2)},
        }
        self.raw.close()
        self.raw = redis.Redis.from_url(url_of("admin", self.port), decode_responses=True, socket_timeout=5)

    def _command(self, name):
        return self._store if name == "store" else super()._command(name)

    def denied(self):
        """What the store has refused: each user, and the command or the key."""
        log = self.raw.execute_command("ACL", "LOG", 128)
        # Clients tell their name and version where they may; Redis 7.0 knows no such command to be allowed.
        return {(one["username"], one["object"]) for one in log if one["object"] != "client|setinfo"}


@pytest.fixture
def fleet(tmp_path):
    with GuardedFleet(tmp_path) as fleet:
        yield fleet


def test_a_service_with_container_rights_does_everything(fleet):
    # given
    def post(path, **keywords):
        return httpx.post(f"{fleet.url}{path}", timeout=20, **keywords)

    sweep = {"base": SPEC, "parameters": {"/optimizer/learning_rate": [0.1, 0.01]}, "search": "grid"}
    sweep |= {"base": SPEC | {"dataset": {"name": "digits", "validation_fraction": 0.2}}}

    # when experiments, a sweep and an external one run; some are stopped, and a worker is killed
    ids = [fleet.submit(f"plain-{number}") for number in range(3)]
    stopped = [fleet.submit(f"stopped-{number}") for number in range(3)]
    for verb, experiment in zip(("cancel", "pause", "pause"), stopped, strict=True):
        post(f"/v1/experiments/{experiment}/{verb}")
    assert post("/v1/experiments", json=EXTERNAL).status_code == 202
    sweep_id = post("/v1/sweeps", json=sweep).json()["id"]
    fleet.kill("worker0")
    time.sleep(1)
    for experiment in stopped[1:]:
        post(f"/v1/experiments/{experiment}/resume")
    post("/v1/keys", json={"name": "first", "scopes": ["admin"]})
    fleet.until(lambda: {fleet.raw.hget(f"sn:exp:{one}", "status") for one in ids} == {"succeeded"}, 90)
    fleet.until(lambda: fleet.denied() or fleet.raw.hget(f"sn:sweep:{sweep_id}", "status") != "running", 90)

    # then
    assert fleet.denied() == set()
