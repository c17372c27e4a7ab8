"""docs/architecture.md against the tree and the import rules."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
FOLDERS = TEXT[TEXT.index("## Folders") : TEXT.index("## To add")]


def packages_in_table():
    return [name.removesuffix(".py") for name in re.findall(r"`satnet/(\w+(?:\.py)?)/?`", FOLDERS)]


def test_every_package_has_its_row_in_the_order_of_the_import_rules():
    # given
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one.get("exhaustive")]

    # when
    ranks = {name.strip(): rank for rank, layer in enumerate(layers) for name in layer.split("|")}
    documented = packages_in_table()

    # then
    assert sorted(documented) == sorted(ranks)
    assert [ranks[name] for name in documented] == sorted(ranks.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_that_are_named_exist(page):
    # when
    named = set(re.findall(r"`((?:satnet|api|worker|tests|docs|benchmarks)/[\w./]+)`", page.read_text()))

    # then
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_are_named_exist(page):
    # when
    named = set(re.findall(r"`(satnet(?:\.[a-z_]+)+)`", page.read_text()))

    # then
    places = [ROOT / name.replace(".", "/") for name in sorted(named)]
    assert [str(place) for place in places if not (place.exists() or place.with_suffix(".py").exists())] == []
