"""The import contracts forbid what they do not name, also in modules that are not written yet."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def copied(folder):
    """A copy of the source that a test may spoil."""
    for package in ("satnet", "api", "worker"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder):
    """The exit status of lint-imports and what it prints."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


PLANTED = [  # module, line, the contract that it breaks, how the contract's report names it
    ("satnet/sweeps/points.py", "import keras", "Keras and TensorFlow: satnet.training", "satnet.sweeps.points"),
    ("satnet/records/epoch_log.py", "import redis", "Redis: satnet.store", "satnet.records.epoch_log"),
    ("satnet/spec/new_a.py", "import tensorflow", "Keras and TensorFlow: satnet.training", "satnet.spec.new_a"),
    ("satnet/service/new_b.py", "import redis", "Redis: satnet.store", "satnet.service.new_b"),
    ("api/new_c.py", "from celery import Celery", "Celery: the broker and the worker", "api.new_c"),
    ("api/new_d.py", "import satnet.training.run", "no import leads from the API to Keras or TensorFlow", "api.new_d"),
    ("satnet/training/new_e.py", "import satnet.store", "only the service, the command line", "satnet.training.new_e"),
    (
        "satnet/spec/new_f.py",
        "import satnet.records.folds",
        "every package of satnet has its layer",
        "satnet.spec.new_f",
    ),
    (
        "satnet/records/new_g.py",
        "import satnet.saturation.regions",
        "every package of satnet has its layer",
        "satnet.records.new_g",
    ),
    ("satnet/store/new_h.py", "import worker.lease", "api and worker stand above satnet", "satnet.store.new_h"),
]


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    """What lint-imports reports of a copy with all of PLANTED, by contract."""
    source = copied(tmp_path_factory.mktemp("spoiled"))
    for module, line, _, _ in PLANTED:
        path = source / module
        text = path.read_text() if path.exists() else '"""New."""\n'
        path.write_text(f"{text}\n{line}\n")
    status, printed = lint(source)
    assert status == 1
    _, *parts = re.split(r"^(\w.*)\n-+\n", printed.partition("Broken contracts\n")[2], flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize(("module", "line", "contract", "name"), PLANTED)
def test_an_import_that_nobody_allowed_breaks_a_contract(spoiled, module, line, contract, name):  # noqa: ARG001 - ids
    (report,) = [text for title, text in spoiled.items() if title.startswith(contract)]
    assert re.search(rf"\b{re.escape(name)}\b", report)


def test_a_file_without_a_layer_breaks_the_contract_of_layers(tmp_path):
    # given
    source = copied(tmp_path)
    (source / "satnet" / "brand_new.py").write_text('"""New."""\n\nimport json\n')

    # when
    status, printed = lint(source)

    # then
    assert status == 1
    assert re.search(r"^every package of satnet has its layer.* BROKEN", printed, re.MULTILINE)


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


def test_the_source_as_it_is_breaks_none(tmp_path):
    # when
    status, printed = lint(copied(tmp_path))

    # then
    assert status == 0, printed
