"""The tree in the docstring of satnet.errors is the tree of the classes, and says where every other exception is."""

import ast
import builtins
import re
from pathlib import Path

from satnet import errors
from satnet.client import errors as client_errors

ROOT = Path(__file__).parents[1]


def classes():
    """Every class of the source with its bases, as (module, name, names of bases)."""
    for package in ("satnet", "api", "worker"):
        for path in (ROOT / package).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    yield module, node.name, {ast.unparse(base).split(".")[-1] for base in node.bases}


def exceptions():
    """Name of every exception class of the source -> its module."""
    known = {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)}
    everything, found = list(classes()), dict[str, str]()
    while new := {name: module for module, name, bases in everything if bases & known and name not in found}:
        found |= new
        known |= new.keys()
    return found


def tree(base, depth=0):
    """The classes under `base` as (depth, name, status, code)."""
    yield depth, base
    for child in base.__subclasses__():
        yield from tree(child, depth + 1)


def drawn():
    """The lines of the docstring's tree as (depth, name, the rest)."""
    for line in errors.__doc__.splitlines():
        match = re.match(r"^((?:│   )*)(?:├── |└── )(\w+)\s*(.*)", line)
        if match:
            yield len(match[1]) // 4 + 1, match[2], match[3]


def test_the_tree_is_that_of_the_classes():
    # when
    real = [(depth, kind.__name__) for depth, kind in tree(errors.SatnetError) if depth]

    # then
    assert [(depth, name) for depth, name, _ in drawn()] == real


def test_the_tree_has_each_status_and_code():
    # when
    said = {name: rest for _, name, rest in drawn()}

    # then
    for depth, kind in tree(errors.SatnetError):
        if depth and issubclass(kind, errors.TrainingError):
            assert kind is errors.TrainingError or said[kind.__name__].startswith(f"{kind.code} ")
        elif depth and kind.status != 500:
            assert said[kind.__name__].startswith(f"{kind.status} {kind.code} ")


def test_every_other_exception_is_the_clients_or_named_as_internal():
    # given
    known = {kind.__name__ for _, kind in tree(errors.SatnetError)}
    known |= {kind.__name__ for _, kind in tree(client_errors.ClientError)}
    internal = set(re.findall(r"`((?:satnet|api|worker)\.[\w.]+)`", errors.__doc__)) - {"satnet.client.errors"}

    # when
    elsewhere = {f"{module}.{name}" for name, module in exceptions().items() if name not in known}

    # then
    assert elsewhere == internal
