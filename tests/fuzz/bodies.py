"""Bodies that are nearly right: one that is, changed in a few places, as JSON text."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from satnet import presets
from tests.api.test_external import BODY as EXTERNAL
from tests.saturation.test_diagnosis import epochs
from tests.sweeps.bodies import GRID


@dataclass(frozen=True)
class Raw:
    """JSON text that json.dumps would not write."""

    text: str


SPECS = [
    *(presets.load(name) for name in presets.names()),
    {
        "dataset": {"name": "gaussian", "features": 16, "classes": 3, "samples": 200, "validation_fraction": 0.2},
        "layers": [
            {"type": "reshape", "target_shape": [4, 4, 1]},
            {"type": "conv2d", "filters": 2, "kernel_size": 3, "activation": "relu", "padding": "same"},
            {"type": "max_pooling2d", "pool_size": 2},
            {"type": "flatten"},
            {"type": "dropout", "rate": 0.5},
            {"type": "maxout", "units": 4, "pieces": 2},
            {"type": "dense", "units": 3, "activation": "softmax", "kernel_regularizer": {"name": "l2", "l2": 1e-4}},
        ],
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": {"name": "cosine_decay", "initial_learning_rate": 0.01}},
        "training": {"epochs": 2, "batch_size": 8, "early_stopping": {"monitor": "validation.loss", "patience": 1}},
        "saturation": {"epsilon": 0.05, "probe_size": 64, "every": 1},
        "resources": {"device": "cpu", "max_seconds": 60, "precision": "float32"},
        "labels": {"a": "b"},
        "seed": 3,
    },
    {
        "dataset": {"name": "diabetes"},
        "layers": [{"type": "dense", "units": 2, "activation": "elu", "repeat": 2}, {"type": "dense", "units": 1}],
        "cross_validation": {"folds": 3, "stratified": False},
    },
]
_AXES = {"/optimizer/learning_rate": {"log_uniform": [1e-4, 0.1]}, "/layers/1/units": {"int": [2, 64]}}
SWEEPS = [
    GRID,
    GRID | {"search": "random", "trials": 3, "parameters": _AXES, "repeats": 2},
    GRID | {"search": "tpe", "trials": 4, "parameters": {"/seed": {"uniform": [0, 9]}} | _AXES},
    GRID | {"objective": {"metric": "validation.accuracy", "mode": "max"}, "early_termination": {"name": "asha"}},
]
PATCH = [
    {"op": "replace", "path": "/training/epochs", "value": 2},
    {"op": "copy", "from": "/layers/1", "path": "/layers/1"},
    {"op": "add", "path": "/labels", "value": {"a": "b"}},
    {"op": "test", "path": "/seed", "value": 1},
    {"op": "move", "from": "/loss", "path": "/name"},
    {"op": "remove", "path": "/name"},
]
CORPUS: dict[str, list[Any]] = {
    "experiment": SPECS,
    "external": [EXTERNAL],
    "sweep": SWEEPS,
    "change": [{"name": "n", "labels": {"a": "b"}, "priority": 1, "keep": True}],
    "clone": [{"patch": PATCH}, {"patch": PATCH[:1]}, {"patch": PATCH[1:2]}],
    "epochs": [{"data": [{**one, "seconds": 0.1} for one in epochs(3)]}, {"end": "succeeded", "message": "m"}],
    "predict": [{"instances": [[0.5, 1.0], [0.0, -1.0]]}, {"instances": [[[1, 2], [3, 4]]]}],
    "remedy": [{"remedy": 0, "repeats": 2}],
    "key": [{"name": "n", "scopes": ["read"], "owner": "o", "expires_at": "2030-01-01T00:00:00Z"}],
}
NASTY = [
    None, True, False, 0, -1, 1, 2, 0.0, -0.0, 0.5, 1e-320, 1e308, -1e308, 2**31, 2**53 + 1, 2**63 - 1, -(2**63),
    2**64, 10**30, "", "a", " ", "/", "~", "~2", "-", "#/", "__proto__", "nan", "inf", "1e999", "ß", "\u202e",
    "\U0001f600", "\x7f", "=1+1", "x" * 101, "x" * 10_000, "global", "none", "sgd", "relu", "softmax", "dense",
    "digits", "xor", "diabetes", "validation.loss", "/layers/0", "/layers/-", "/training/epochs", "/seed,/seed",
    "2030-13-45", [], {}, [[]], [None], [{}], {"": {}}, {"name": {}}, {"name": "sgd"}, {"name": "l2", "l2": -1},
    {"uniform": [0, 1]}, {"int": [1, 10**18]}, {"uniform": [-1e308, 1e308]}, {"log_uniform": [0, 1]}, [1] * 300,
    ["a"] * 20, {str(number): 1 for number in range(40)}, Raw("1e999"), Raw("-1e999"), Raw("NaN"), Raw('"\\ud800"'),
    Raw('"\\udc00\\ud800"'), Raw('"\\u0000"'), Raw("9" * 400), Raw("[" * 70 + "]" * 70), Raw("[" * 600 + "]" * 600),
    Raw('{"a":1,"a":2}'), Raw('{"\\ud800":1}'), Raw("tru"), Raw("01"),
]  # fmt: skip
KEYS = ["name", "type", "a/b", "~", "", "units", "epochs", "kind", "seed", "x" * 300, "path", "\u202e", "fold", "folds"]


def bodies(kind: str) -> st.SearchStrategy[bytes]:
    """Bodies for the operations of one kind."""
    nasty = st.integers(0, len(NASTY) - 1).map(NASTY.__getitem__)
    seeds = st.integers(0, len(CORPUS[kind]) - 1).map(CORPUS[kind].__getitem__)
    values = st.one_of(nasty, nasty, st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
    change = st.tuples(st.integers(0, 10**6), st.sampled_from("rrrrdaakcs"), values, st.sampled_from(KEYS))
    changes = st.lists(change, min_size=0, max_size=4)
    return st.builds(_mutated, seeds, changes, st.integers(0, 10**6))


def _mutated(seed: Any, changes: list[tuple[int, str, Any, str]], cut: int) -> bytes:
    content = [copy.deepcopy(seed)]
    for place, what, value, key in changes:
        _change(list(_places(content)), place, what, value, key)
    text = "".join(_render(content[0])).encode("utf-8", "surrogatepass") if content else b""
    return text[: cut % (len(text) + 1)] if cut % 97 == 0 else text


def _change(places: list[tuple[Any, Any]], number: int, what: str, value: Any, key: str) -> None:
    """Replace, delete, add, rename, copy or swap at one place of the document."""
    if not places:
        return
    container, step = places[number % len(places)]
    other, elsewhere = places[(number // 7) % len(places)]
    inner = container[step]
    if what == "r":
        container[step] = copy.deepcopy(value)
    elif what == "d":
        del container[step]
    elif what == "a" and isinstance(inner, dict):
        inner[key] = copy.deepcopy(value)
    elif what == "a" and isinstance(inner, list):
        inner.append(copy.deepcopy(value))
    elif what == "k" and isinstance(container, dict):
        container[key] = container.pop(step)
    elif what == "c":
        container[step] = copy.deepcopy(other[elsewhere])
    elif what == "s":
        container[step] = [inner]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in items:
        yield value, step
        yield from _places(one)


def _render(value: Any) -> Iterator[str]:
    if isinstance(value, Raw):
        yield value.text
    elif isinstance(value, dict):
        yield "{"
        for number, (key, one) in enumerate(value.items()):
            yield f"{',' if number else ''}{json.dumps(key)}:"
            yield from _render(one)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, one in enumerate(value):
            yield "," if number else ""
            yield from _render(one)
        yield "]"
    else:
        yield json.dumps(value)
