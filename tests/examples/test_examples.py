"""Every program in examples/ runs as its docstring says, and prints what it is there to show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.test_end_to_end import Service

pytestmark = pytest.mark.service

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS_A_SERVICE = {
    "saturated_tanh": ["critical: ", "helped: "],
    "learning_rates_async": ["0.0001: succeeded", "100: succeeded", "learning_rate_high"],
}
ALONE = {
    "monitor_your_fit": ["epoch 5: ", "inputs have mean"],
    "without_a_service": ["as it is: ", "/layers/1/kernel_initializer = glorot_uniform: ", "alarms: []"],
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.stop()


def run(name, folder, **environment):
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NEEDS_A_SERVICE)
def test_example_shows_what_it_promises_with_a_service(name, service, tmp_path):
    # when
    shown = run(name, tmp_path, SATNET_URL=service.url)

    # then
    assert [words for words in NEEDS_A_SERVICE[name] if words not in shown] == [], shown


def test_the_sweep_ranks_the_wide_initializer_last(service, tmp_path):
    # when
    *trials, verdict = run("compare_initializers", tmp_path, SATNET_URL=service.url).splitlines()

    # then
    assert [line.partition(" ")[2] for line in trials[-3:]] == ["uniform +-1"] * 3
    assert verdict.startswith(("winner: ", "no_difference_found: "))


@pytest.mark.parametrize("name", ALONE)
def test_example_shows_what_it_promises_alone(name, tmp_path):
    # when
    shown = run(name, tmp_path)

    # then
    assert [words for words in ALONE[name] if words not in shown] == [], shown


def test_every_example_is_tested():
    # when
    programs = {path.stem for path in EXAMPLES.glob("*.py")}

    # then
    assert programs == {"compare_initializers", *NEEDS_A_SERVICE, *ALONE}
