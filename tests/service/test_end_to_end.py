"""The whole service in real processes: `satnet up`, HTTP, a worker that trains, kill -9, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from satnet import presets
from satnet.client import Client

pytestmark = pytest.mark.service


_QUICK = {"SATNET_LEASE": "PT4S", "SATNET_HEARTBEAT": "PT1S", "SATNET_CHECKPOINT_EVERY": "PT0.3S"}


class Service:
    """`satnet up` in a folder of its own."""

    def __init__(self, folder, *options):
        self.command = [sys.executable, "-m", "satnet.cli", "up", "--port", "0", "--data", str(folder), *options]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **_QUICK},
        )
        watchdog = threading.Timer(120, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        self.url = next(word for word in line.split() if word.startswith("http"))

    def children(self):
        listing = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in listing.stdout.splitlines()[1:]]
        found, frontier = {}, {str(self.process.pid)}
        while frontier:
            fresh = {pid: args for pid, parent, args in rows if parent in frontier and pid not in found}
            found |= fresh
            frontier = set(fresh)
        return {int(pid): args for pid, args in found.items()}

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(40)
        self.process.stdout.close()
        return self.process.returncode


def long_spec(**training):
    return presets.load("digits-start") | {"training": {"epochs": 5000, "batch_size": 1} | training}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    if service.process.poll() is None:
        service.stop()


@pytest.fixture
def client(service):
    with Client(service.url) as client:
        yield client


def is_running(pid):
    """Whether it executes; one that ended and waits for the init process to collect it does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def answers(url):
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def test_experiment_trains_and_reports_saturation(client):
    # when
    experiment = client.experiments.create(presets.load("saturated-digits")).wait(timeout=60)

    # then
    assert experiment["status"] == "succeeded"
    records = experiment.epochs
    assert [record["epoch"] for record in records] == list(range(16))
    assert records[0]["layers"][0]["saturated_fraction"] > 0.5
    assert experiment["summary"]["dataset"]["standardize"] == "global"


def test_one_key_fifty_times_at_once_is_one_experiment(service):
    # given
    body = presets.load("healthy-digits") | {"training": {"epochs": 1}}

    # when
    with httpx.Client(base_url=service.url, timeout=30) as http, ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: http.post("/v1/experiments", json=body, headers={"Idempotency-Key": "k"}), range(50))
        )

    # then
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_running_experiment_is_cancelled_within_ten_seconds(client):
    # given one that trains row by row for 5,000 epochs
    experiment = client.experiments.create(long_spec())
    until(lambda: experiment.epochs, 60)

    # when
    began = time.monotonic()
    experiment.cancel()
    ended = experiment.wait(timeout=10)

    # then
    assert ended["status"] == "cancelled"
    assert time.monotonic() - began < 10


def test_killed_worker_child_is_replaced_and_the_experiment_ends_once(client):
    # given
    experiment = client.experiments.create(long_spec(epochs=12, batch_size=1))
    until(lambda: experiment.epochs, 60)
    child = next(one["pid"] for one in client.request("GET", "/v1/workers").json()["data"])

    # when
    os.kill(child, signal.SIGKILL)
    ended = experiment.wait(timeout=90)

    # then
    assert ended["status"] == "succeeded"
    assert [attempt["ended"] for attempt in ended["attempts"]] == ["lost", "succeeded"]
    assert [record["epoch"] for record in ended.epochs] == list(range(13))


def test_killed_run_goes_on_from_its_checkpoint(client):
    # given one that has trained for long enough to have a checkpoint
    experiment = client.experiments.create(long_spec(epochs=400))
    until(lambda: len(experiment.epochs) > 100, 60)
    child = next(one["pid"] for one in client.request("GET", "/v1/workers").json()["data"] if one["busy"])

    # when
    os.kill(child, signal.SIGKILL)
    ended = experiment.wait(timeout=90)

    # then
    lost, last = ended["attempts"]
    assert (lost["ended"], last["ended"]) == ("lost", "succeeded")
    assert 0 < last["resumed_from"]["epoch"] < 400
    assert [record["epoch"] for record in ended.epochs] == list(range(401))


def test_killed_store_comes_back_with_everything(service, client):
    # given
    before = {one["id"] for one in client.experiments.list()}
    store = next(pid for pid, args in service.children().items() if "valkey-server" in args)

    # when
    os.kill(store, signal.SIGKILL)
    until(lambda: store not in service.children(), 10)

    # then
    assert until(lambda: {one["id"] for one in client.experiments.list()}, 20) == before


@pytest.mark.parametrize("program", ["api.server", "worker.main"])
def test_killed_process_is_started_again_and_work_goes_on(service, client, program):
    # given
    victims = [pid for pid, args in service.children().items() if program in args]

    # when: the parent of that kind has the lowest id
    os.kill(min(victims), signal.SIGKILL)
    until(lambda: min(victims) not in service.children(), 10)
    until(lambda: answers(service.url), 30)
    experiment = client.experiments.create(presets.load("healthy-digits") | {"training": {"epochs": 1}})

    # then
    assert experiment.wait(timeout=60)["status"] == "succeeded"


def test_the_readmes_shell_block_runs_as_it_stands(service, tmp_path):
    # given
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (block,) = re.findall(r"```sh\n(.*?)```", readme, re.S)

    # when
    script = "set -euo pipefail\n" + block.replace("http://127.0.0.1:8000", service.url)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=90)

    # then
    assert done.returncode == 0, done.stderr
    assert "layer.saturated_fraction" in done.stdout
    assert "event: end" in done.stdout
    assert "'finding_gone': 1" in done.stdout


def test_a_remedy_is_verified_and_the_model_predicts_over_http(client):
    # given
    experiment = client.experiments.create(presets.load("saturated-digits")).wait(timeout=60)
    finding = next(one for one in experiment.findings if one.rule == "saturated_at_start")

    # when
    healed = finding.remedy().wait(timeout=60)

    # then
    verdict = client.experiments.compare(experiment["id"], healed["id"])["verdict"]
    assert (verdict["finding"], verdict["finding_gone"]) == (finding.id, 1)
    outputs = healed.predict([[[0.0] * 8] * 8])
    assert len(outputs[0]) == 10
    assert "keras.Sequential" in healed.script()


def test_the_commands_reach_the_service(service, monkeypatch, tmp_path):
    # given
    from typer.testing import CliRunner

    from satnet.cli import app
    from satnet.settings import get_settings

    monkeypatch.setenv("SATNET_URL", service.url)
    get_settings.cache_clear()

    def satnet(*arguments, status=0):
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == status, done.output
        return done.stdout

    # when
    spec = ("preset:saturated-digits", "--set", "training.epochs=2", "--set", "name=by-hand")
    document = json.loads(satnet("submit", *spec, "--wait", "-o", "json"))
    experiment_id, failing = document["id"], ("preset:diverges", "--set", "training.epochs=1")

    # then
    assert len(document["epochs"]) == 3
    assert satnet("epochs", experiment_id, "-o", "csv").count("\n") == 4
    assert "dense_1 77" in satnet("epochs", experiment_id).splitlines()[0]
    assert "critical: saturated_at_start:dense_1" in satnet("findings", experiment_id)
    assert "by-hand" in satnet("list", "--status", "succeeded")
    assert json.loads(satnet("show", experiment_id, "-o", "json")) == document
    assert "epoch 2" in satnet("watch", experiment_id)
    assert "cpu" in satnet("workers")
    assert satnet("cancel", experiment_id).strip() == "succeeded"
    remedied = satnet("remedy", experiment_id, "saturated_at_start:dense_1", "--wait")
    assert "/layers/1/kernel_initializer = glorot_uniform" in remedied
    other = json.loads(satnet("submit", *failing, "--wait", "-o", "json", status=1))
    assert other["status_reason"]["code"] == "non_finite_loss"
    assert "/optimizer/learning_rate" in satnet("compare", experiment_id, other["id"], "-o", "csv")
    satnet("download", experiment_id, "--to", str(tmp_path / "m.keras"))
    assert (tmp_path / "m.keras").stat().st_size > 1000
    satnet("script", experiment_id, "--to", str(tmp_path / "s.py"))
    compile((tmp_path / "s.py").read_text(), "s.py", "exec")
    assert json.loads(satnet("submit", "preset:raw-input", "--dry-run"))["findings"][0]["severity"] == "critical"
    assert satnet("units", experiment_id, "--layer", "dense_1", "-o", "csv").startswith("layer,unit,")
    (tmp_path / "rows.json").write_text(json.dumps([[[0.0] * 8] * 8]))
    assert len(json.loads(satnet("predict", experiment_id, str(tmp_path / "rows.json"), "-o", "json"))[0]) == 10
    assert satnet("delete", other["id"]).strip() == "deleted"
    satnet("show", other["id"], status=2)
    satnet("show", "exp_none", status=2)
    satnet(
        "wait", json.loads(satnet("submit", "preset:digits-start", "-o", "json"))["id"], "--timeout", "0", status=124
    )
    get_settings.cache_clear()


def test_a_monitor_in_anybodys_fit_appears_as_an_experiment(service, client):
    # given
    import keras
    import numpy as np

    from satnet import SaturationMonitor

    rng = np.random.default_rng(0)
    x, y = 40 * rng.standard_normal((400, 12)), rng.integers(0, 3, 400)
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(7, "tanh"), keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    # when
    monitor = SaturationMonitor(x, y, url=service.url, name="mine", verbose=False)
    model.fit(x, y, epochs=3, callbacks=[monitor], verbose=0)

    # then
    document = client.experiments.get(monitor.experiment)
    assert (document["kind"], document["status"], document["name"]) == ("external", "succeeded", "mine")
    assert [one["epoch"] for one in document.epochs] == [0, 1, 2, 3]
    assert document.epochs == monitor.epochs
    assert document["findings"] == monitor.findings
    assert document["findings"][0]["rule"] == "input_not_standardized"
    name = monitor.epochs[0]["layers"][0]["name"]
    assert len(document.epochs.units(name, epoch=0)["layers"][name]["gate"]) == 7


def test_experiments_survive_a_restart_of_the_whole_service(service):
    # given
    with Client(service.url) as client:
        done = client.experiments.create(presets.load("healthy-digits") | {"training": {"epochs": 1}})
        done = done.wait(timeout=60)
        waiting = client.experiments.create(long_spec())
    assert service.stop() == 0

    # when
    service.start()

    # then
    with Client(service.url) as client:
        assert client.experiments.get(done["id"]).document["summary"] == done["summary"]
        assert client.experiments.cancel(waiting["id"]).wait(timeout=30)["status"] == "cancelled"


def test_interrupt_leaves_no_process_behind(service):
    # given
    children = service.children()
    assert len(children) >= 4

    # when
    status = service.stop()

    # then
    assert status == 0
    until(lambda: not any(is_running(pid) for pid in children), 3)
