"""Sweeps in a whole service of real processes: a killed worker, and the command line."""

import json
import os
import signal
import subprocess
import sys

import pytest

from satnet.client import Client
from tests.service.test_end_to_end import Service, until
from tests.sweeps.bodies import base, grid

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("sweeps"))
    yield service
    service.stop()


def test_a_sweep_whose_worker_is_killed_answers_as_an_undisturbed_one(service):
    # given
    body = grid(base=base(training={"epochs": 40, "batch_size": 4}), repeats=2, reuse=False)
    with Client(service.url) as client:
        # when
        sweep = client.sweeps.create(body)
        until(lambda: client.sweeps.get(sweep.id)["progress"]["running"] > 1, 60)
        until(lambda: any(one["progress"]["epoch"] > 2 for one in client.experiments.list(sweep=sweep.id)), 60)
        os.kill(next(pid for pid, args in service.children().items() if "spawn_main" in args), signal.SIGKILL)
        ended = sweep.wait(240)
        calm = client.sweeps.create(body).wait(240)

        # then
        assert ended["progress"] | {"epochs": 0} == calm["progress"] | {"epochs": 0}
        assert ended["progress"]["succeeded"] == 8
        trials = sweep.trials()
        assert len({row["experiment"] for row in trials}) == 8
        again = [client.experiments.get(row["experiment"])["attempt"] for row in trials]
        assert max(again) == 2
        assert ended.ranking()["best"]["point"] == calm.ranking()["best"]["point"]
        for mine, theirs in zip(trials, calm.trials(), strict=True):
            assert mine["value"] == pytest.approx(theirs["value"], rel=2e-2)


def test_the_command_line_submits_follows_and_shows(service, tmp_path):
    # given
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(grid(parameters={"/optimizer/learning_rate": [0.001, 0.01], "/layers/1/units": [4, 8]})))

    def satnet(*arguments):
        environment = os.environ | {"SATNET_URL": service.url, "COLUMNS": "110"}
        command = [sys.executable, "-m", "satnet.cli", "sweep", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    # when
    shown = satnet(str(path), "--wait")
    told = json.loads(satnet(str(path), "--wait", "-o", "json").stdout)
    table = satnet(told["id"], "-o", "csv")
    refused = satnet(str(path), "--set", "repeats=0")

    # then
    assert (shown.returncode, refused.returncode) == (0, 2)
    assert "optimizer learning_rate (down) by layers 1 units (across)" in " ".join(shown.stdout.split())
    assert "unknown: one value per point" in " ".join(shown.stdout.split())
    assert told["progress"]["reused"] == 4
    assert told["ranking"]["best"]["value"] == told["best"]["value"]
    assert len(table.stdout.splitlines()) == 5
    assert "#/repeats" in refused.stderr
