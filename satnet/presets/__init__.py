"""Ready specs that each show one thing; JSON files beside this one."""

import json
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypedDict

Spec = dict[str, Any]  # an experiment or a sweep, ready to be submitted


class Preset(TypedDict):
    """A ready spec and what it shows."""

    name: str
    title: str
    shows: str | None  # the rule whose finding it shows; None: no finding is expected
    spec: Spec


class SweepPreset(TypedDict):
    """A ready sweep and its question."""

    name: str
    title: str
    sweep: Spec


_FOLDER = resources.files("satnet.presets")


def names() -> list[str]:
    """All presets, sorted."""
    return _json_names(_FOLDER.iterdir())


def load(name: str) -> Spec:
    """A preset's spec. Raises KeyError with the names there are."""
    if name not in names():
        raise KeyError(f"there is no preset {name!r}; there are {', '.join(names())}")
    return _preset(name)["spec"]


def describe() -> list[Preset]:
    """All presets."""
    return [_preset(name) for name in names()]


def sweep_names() -> list[str]:
    """All sweeps that come with satnet, sorted."""
    return _json_names((_FOLDER / "sweeps").iterdir())


def load_sweep(name: str) -> Spec:
    """A sweep that comes with satnet. Raises KeyError with the names there are."""
    if name not in sweep_names():
        raise KeyError(f"there is no sweep {name!r}; there are {', '.join(sweep_names())}")
    return _sweep(name)["sweep"]


def describe_sweeps() -> list[SweepPreset]:
    """All sweeps that come with satnet."""
    return [_sweep(name) for name in sweep_names()]


def _json_names(files: Iterable[Traversable]) -> list[str]:
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def _preset(name: str) -> Preset:
    file = json.loads((_FOLDER / f"{name}.json").read_text())
    return {"name": name, "title": file["title"], "shows": file["shows"], "spec": file["spec"]}


def _sweep(name: str) -> SweepPreset:
    file = json.loads((_FOLDER / "sweeps" / f"{name}.json").read_text())
    return {"name": name, "title": file["title"], "sweep": file["sweep"]}
