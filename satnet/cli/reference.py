"""Commands that say what can be asked for: presets, schema."""

from satnet.cli.console import say
from satnet.cli.output import Format, Output, write, write_json


def presets(output: Output = Format.TABLE) -> None:
    """Ready specs and sweeps with a line each."""
    from satnet import presets as ready

    experiments, sweeps = ready.describe(), ready.describe_sweeps()

    def rows() -> list[dict[str, object]]:
        kinds = [(one, "experiment") for one in experiments] + [(one, "sweep") for one in sweeps]
        return [{"name": one["name"], "kind": kind, "title": one["title"]} for one, kind in kinds]

    def text() -> None:
        for one in experiments:
            say(f"{one['name']:26} {one['title']}")
        say("\nfor satnet sweep:")
        for one in sweeps:
            say(f"{one['name']:30} {one['title']}")

    write(output, [*experiments, *sweeps], rows, text)


def schema() -> None:
    """The spec's JSON Schema."""
    from satnet.spec import json_schema

    write_json(json_schema())
