"""Ready specs that each show one thing; JSON files beside this one."""

import json
from importlib import resources
from typing import Any


def names() -> list[str]:
    """All presets, sorted."""
    files = resources.files("satnet.presets").iterdir()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((resources.files("satnet.presets") / f"{name}.json").read_text())
    return content


def load(name: str) -> dict[str, Any]:
    """A preset's spec. Raises KeyError with the names there are."""
    if name not in names():
        raise KeyError(f"there is no preset {name!r}; there are {', '.join(names())}")
    spec: dict[str, Any] = _read(name)["spec"]
    return spec


def sweep_names() -> list[str]:
    """All sweeps that come with satnet, sorted."""
    files = (resources.files("satnet.presets") / "sweeps").iterdir()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def load_sweep(name: str) -> dict[str, Any]:
    """A sweep that comes with satnet. Raises KeyError with the names there are."""
    if name not in sweep_names():
        raise KeyError(f"there is no sweep {name!r}; there are {', '.join(sweep_names())}")
    sweep: dict[str, Any] = _read(f"sweeps/{name}")["sweep"]
    return sweep


def describe_sweeps() -> list[dict[str, Any]]:
    """Name, title and spec of each."""
    return [{"name": name} | _read(f"sweeps/{name}") for name in sweep_names()]


def describe() -> list[dict[str, Any]]:
    """Name, title, the rule whose finding it shows (null: none is expected) and spec of each."""
    return [{"name": name} | _read(name) for name in names()]
