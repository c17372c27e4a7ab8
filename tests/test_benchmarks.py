"""Benchmarks run by hand, so that a module that moves would break them unseen."""

import ast
import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py") if path.name != "__init__.py")


def of_project(tree):
    """(module, name) of everything that is imported from the project, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in ("satnet", "api", "worker"):
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("name", FILES)
def test_what_a_benchmark_imports_from_the_project_is_there(name):
    # given
    tree = ast.parse((FOLDER / name).read_text())

    # then
    for module, attribute in of_project(tree):
        assert hasattr(importlib.import_module(module), attribute) or importlib.import_module(f"{module}.{attribute}")
