"""SPEC on the command line: a JSON or YAML file, `-`, or preset:NAME; and --set."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from satnet import presets

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="A JSON or YAML file, -, or preset:NAME")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="path=value, e.g. training.epochs=1; may be repeated")]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers: PyYAML follows 1.1, where 1e-3 is a string."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+0123456789."),
)


def _parse(text: str) -> object:
    """JSON, or else YAML."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, _Loader)


def read_text(source: str) -> str:
    """A file, or stdin for `-`. Raises ValueError with the file's name."""
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text()
    except OSError as error:
        raise ValueError(f"{source}: {error}") from error


def read_spec(source: str, changes: list[str], preset: Callable[[str], presets.Spec] = presets.load) -> presets.Spec:
    """The raw spec with its changes; `preset` finds those by name. Raises ValueError with what is wrong."""
    try:
        if source.startswith("preset:"):
            spec: object = preset(source.removeprefix("preset:"))
        else:
            spec = _parse(read_text(source))
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    except yaml.YAMLError as error:
        raise ValueError(f"{source}: {error}") from error
    if not isinstance(spec, dict):
        raise ValueError(f"{source}: a JSON or YAML object is needed")
    for change in changes:
        set_path(spec, change)
    return spec


def set_path(spec: presets.Spec, change: str) -> None:
    """Apply `a.b.0.c=VALUE`; VALUE is JSON, or else a string."""
    path, separator, text = change.partition("=")
    if not separator:
        raise ValueError(f"--set {change}: path=value is needed")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    *parents, last = path.split(".")
    place: Any = spec
    try:
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        place[int(last) if isinstance(place, list) else last] = value
    except (IndexError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"--set {change}: there is no such place in the spec") from error
