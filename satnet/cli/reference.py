"""Commands that say what can be asked for: presets, schema."""

from satnet.cli.console import stdout
from satnet.cli.output import Format, Output, write, write_json


def presets(output: Output = Format.TABLE) -> None:
    """Ready specs and sweeps with a line each."""
    from satnet import presets as ready
    from satnet.terminal.lists import print_lines

    experiments, sweeps = ready.describe(), ready.describe_sweeps()

    def rows() -> list[dict[str, str]]:
        experiment_rows = [{"name": one["name"], "kind": "experiment", "title": one["title"]} for one in experiments]
        return experiment_rows + [{"name": one["name"], "kind": "sweep", "title": one["title"]} for one in sweeps]

    def text() -> None:
        print_lines([f"{one['name']:26} {one['title']}" for one in experiments], stdout)
        print_lines(["", "for satnet sweep:"], stdout)
        print_lines([f"{one['name']:30} {one['title']}" for one in sweeps], stdout)

    write(output, [*experiments, *sweeps], rows, text)


def schema() -> None:
    """The spec's JSON Schema."""
    from satnet.spec import json_schema

    write_json(json_schema())
