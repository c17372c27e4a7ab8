"""The import contracts forbid what they do not name, also in modules that are not written yet."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def source(tmp_path):
    """A copy of the source that a test may spoil."""
    for package in ("satnet", "api", "worker"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder):
    """The exit status of lint-imports and what it prints."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("satnet/sweeps/points.py", "import keras", "Keras and TensorFlow: satnet.training"),
        ("satnet/records/epoch_log.py", "import redis", "Redis: satnet.store"),
        ("satnet/spec/brand_new.py", "import tensorflow", "Keras and TensorFlow: satnet.training"),
        ("satnet/service/brand_new.py", "import redis", "Redis: satnet.store"),
        ("api/brand_new.py", "from celery import Celery", "Celery: the broker and the worker"),
        ("api/brand_new.py", "import satnet.training.run", "no import leads from the API to Keras or TensorFlow"),
        ("satnet/training/brand_new.py", "import satnet.store", "only the service, the command line, the API and"),
        ("satnet/spec/brand_new.py", "import satnet.records.folds", "every package of satnet has its layer"),
        ("satnet/records/brand_new.py", "import satnet.saturation.regions", "every package of satnet has its layer"),
        ("satnet/brand_new.py", "import json", "every package of satnet has its layer"),
        ("satnet/store/brand_new.py", "import worker.lease", "api and worker stand above satnet"),
    ],
)
def test_an_import_that_nobody_allowed_breaks_a_contract(source, module, line, contract):
    # given
    path = source / module
    text = path.read_text() if path.exists() else '"""New."""\n'
    path.write_text(f"{text}\n{line}\n")

    # when
    status, printed = lint(source)

    # then
    assert status == 1
    broken = [text for text in printed.splitlines() if text.endswith("BROKEN") or "BROKEN (" in text]
    assert any(text.startswith(contract) for text in broken), broken


def test_the_documentation_shows_the_layers_in_their_order():
    # given
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("exhaustive"))

    # when
    table = (ROOT / "docs" / "architecture.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| `satnet/")]

    # then
    named = [name for row in rows for name in re.findall(r"`satnet/(\w+)(?:/|\.py)`", row.split("|")[1])]
    assert named == [name.strip() for layer in layers for name in layer.split("|")]


def test_the_source_as_it_is_breaks_none(source):
    # when
    status, printed = lint(source)

    # then
    assert status == 0, printed
