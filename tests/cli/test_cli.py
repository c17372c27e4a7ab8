"""The commands as a shell sees them: stdout, stderr and the exit status."""

import csv
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from satnet import presets
from satnet.cli import COMMANDS, app

DIVERGES = {
    "dataset": {"name": "digits"},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
    "loss": "mean_squared_error",
    "optimizer": {"name": "sgd", "learning_rate": 1e30},
    "training": {"epochs": 2},
    "seed": 1,
}


def satnet(*arguments, stdin=None):
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_run_writes_json_alone_on_stdout_also_when_it_fails():
    # given a run that diverges, in a process of its own
    command = [sys.executable, "-m", "satnet.cli", "run", "-", "-o", "json"]

    # when
    done = subprocess.run(command, input=json.dumps(DIVERGES), capture_output=True, text=True, check=False)

    # then
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert document["status_reason"]["code"] == "non_finite_loss"
    assert [record["epoch"] for record in document["epochs"]] == [0, 1]
    assert "findings" in document
    assert done.stderr == ""


def test_run_takes_changes_and_writes_csv():
    # when
    done = satnet("run", "preset:healthy-digits", "--set", "training.epochs=1", "-o", "csv")

    # then
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert done.exit_code == 0
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert 0 < float(rows[0]["layer.gate"]) < 1


def test_a_name_is_printed_as_it_was_written():
    done = satnet("run", "preset:healthy-digits", "--set", "training.epochs=1", "--set", "name=a [/b] :boom:")
    assert done.exit_code == 0
    assert "a [/b] :boom:: succeeded" in done.stdout


def test_run_takes_a_file_of_the_users_own(tmp_path):
    # given
    import numpy as np

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((80, 6)), np.arange(80) % 4
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    spec = {
        "dataset": {"path": str(tmp_path / "own.npz")},
        "layers": [{"type": "dense", "units": 4, "activation": "softmax"}],
        "training": {"epochs": 1},
    }

    # when
    done = satnet("run", "-", "-o", "json", stdin=json.dumps(spec))

    # then
    assert done.exit_code == 0
    assert json.loads(done.stdout)["summary"]["dataset"]["rows"] == 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "preset:none"], "there is no preset"),
        (["run", "nowhere.json"], "nowhere.json"),
        (["run", "preset:healthy-digits", "--set", "training.epochs"], "path=value"),
        (["run", "preset:healthy-digits", "--set", "training.epochs=0"], "#/training/epochs"),
        (["run", "preset:healthy-digits", "-o", "xml"], ""),
        (["nonsense"], ""),
    ],
)
def test_mistakes_exit_with_2_and_say_what(arguments, message):
    # when
    done = satnet(*arguments)

    # then
    assert done.exit_code == 2
    assert message in done.output
    assert done.stdout == "" or "Usage" in done.output


def test_a_service_that_is_away_exits_with_5(monkeypatch):
    # given
    import stamina

    from satnet.settings import get_settings

    monkeypatch.setenv("SATNET_URL", "http://127.0.0.1:9")
    get_settings.cache_clear()

    # when
    with stamina.set_testing(True, attempts=1):
        done = satnet("list")
    get_settings.cache_clear()

    # then
    assert done.exit_code == 5
    assert "cannot be reached" in done.output


def test_presets_and_schema_need_no_service():
    # when
    listed, schema = satnet("presets", "-o", "json"), satnet("schema")

    # then
    assert [one["name"] for one in json.loads(listed.stdout)] == presets.names() + presets.sweep_names()
    assert "layers" in json.loads(schema.stdout)["properties"]
    assert all(name in satnet("presets").stdout for name in presets.names())


def test_doctor_looks_at_everything():
    # when
    done = satnet("doctor", "-o", "json")

    # then
    checks = {one["name"]: one["verdict"] for one in json.loads(done.stdout)}
    assert checks["training"] == checks["embedded store"] == "ok"
    assert {"satnet", "data directory", "datasets", "service"} <= set(checks)


def test_help_lists_every_command():
    # when
    text = satnet("--help").stdout

    # then
    assert all(f" {name} " in text for name in COMMANDS)
