"""What the commands share: consoles, output formats, exit statuses."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from satnet.errors import InvalidSpec, SatnetError

told, out = Console(stderr=True, markup=False, emoji=False), Console(markup=False, emoji=False)
EXIT = {"succeeded": 0, "failed": 1, "cancelled": 3}


class Format(StrEnum):
    """How a result is written to stdout."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Output = Annotated[Format, typer.Option("-o", "--output", help="How stdout is written")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="path=value, e.g. training.epochs=1; may be repeated")]


def print_json(value: Any) -> None:
    """JSON alone on stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """CSV alone on stdout."""
    from satnet.records.tables import to_csv

    sys.stdout.write(to_csv(rows))


@contextmanager
def stderr_silenced() -> Iterator[None]:
    """File descriptor 2 to nowhere: importing TensorFlow greets there, past all of its own switches."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def errors() -> Iterator[None]:
    """Turn errors into lines on stderr and the contract's exit status."""
    from satnet.client import APIConnectionError, APIStatusError, WaitTimeout

    try:
        yield
    except InvalidSpec as error:
        for one in error.errors:
            told.print(f"{one.pointer}: {one.detail} (got {one.got!r})", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except APIStatusError as error:
        told.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(4 if error.status in (401, 403) else 2) from error
    except APIConnectionError as error:
        told.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(5) from error
    except WaitTimeout as error:
        told.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(124) from error
    except (ValueError, SatnetError) as error:
        told.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(130) from error


def show_experiment(document: Mapping[str, Any], output: Format) -> None:
    """An experiment with its `epochs`: its report, its JSON, or its epochs as CSV."""
    from satnet.records.tables import epoch_rows
    from satnet.terminal.experiments import print_report

    if output == Format.JSON:
        print_json(document)
    elif output == Format.CSV:
        print_csv(epoch_rows(document["epochs"]))
    else:
        print_report(document, out)
