"""A result on stdout: as text, as JSON or as CSV."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from satnet.cli.console import stdout

if TYPE_CHECKING:
    from satnet.records.schema import FullExperiment


class Format(StrEnum):
    """How a result is written to stdout."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Output = Annotated[Format, typer.Option("-o", "--output", help="How stdout is written")]


def write(
    output: Format, content: object, rows: Callable[[], Sequence[Mapping[str, object]]], text: Callable[[], None]
) -> None:
    """Write `content` as JSON, or its `rows` as CSV, or let `text` print it."""
    if output == Format.JSON:
        write_json(content)
    elif output == Format.CSV:
        write_csv(rows())
    else:
        text()


def write_json(content: object) -> None:
    """JSON alone on stdout."""
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def write_csv(rows: Sequence[Mapping[str, object]]) -> None:
    """CSV alone on stdout."""
    from satnet.records.tables import to_csv

    sys.stdout.write(to_csv(rows))


def write_experiment(document: "FullExperiment", output: Format) -> None:
    """An experiment: its report, its JSON, or its epochs as CSV."""
    from satnet.records.tables import epoch_rows
    from satnet.terminal.experiments import print_report

    write(output, document, lambda: epoch_rows(document["epochs"]), lambda: print_report(document, stdout))
