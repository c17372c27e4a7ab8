"""The command line: `satnet --help`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from satnet.cli.specs import read_spec
from satnet.errors import InvalidSpec
from satnet.settings import Settings, get_settings

app = typer.Typer(no_args_is_help=True, help="Says why a network does not learn.", add_completion=False)
told, out = Console(stderr=True), Console()
Output = Annotated[str, typer.Option("-o", "--output", help="table or json")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="path=value, e.g. training.epochs=1")]
_EXIT = {"succeeded": 0, "failed": 1, "cancelled": 3}


def print_json(value: Any) -> None:
    """JSON alone on stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


@contextmanager
def _errors() -> Iterator[None]:
    """Turn errors into a line on stderr and the contract's exit status."""
    from satnet.client import APIConnectionError, APIStatusError, WaitTimeout

    try:
        yield
    except InvalidSpec as error:
        for one in error.errors:
            told.print(f"{one.pointer}: {one.detail} (got {one.got!r})", markup=False)
        raise typer.Exit(2) from error
    except APIStatusError as error:
        told.print(str(error), markup=False)
        raise typer.Exit(4 if error.status in (401, 403) else 2) from error
    except APIConnectionError as error:
        told.print(str(error), markup=False)
        raise typer.Exit(5) from error
    except WaitTimeout as error:
        told.print(str(error), markup=False)
        raise typer.Exit(124) from error
    except ValueError as error:
        told.print(str(error), markup=False)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(130) from error


def _show(document: dict[str, Any], output: str) -> None:
    from satnet.report import metrics_line, saturation_table

    if output == "json":
        print_json(document)
        return
    if document["summary"]:
        out.print(saturation_table(document))
        out.print(metrics_line(document), markup=False)
    else:
        out.print(f"{document['id']} is {document['status']}")
    if document["status_reason"]:
        out.print(
            f"{document['status_reason']['code']}: {document['status_reason']['message']}", markup=False
        )


def _whole(experiment: Any) -> dict[str, Any]:
    document: dict[str, Any] = experiment.document
    return document | {"epochs": experiment.epochs} if document["attempt"] else document | {"epochs": []}


@app.command()
def up(
    workers: int = 1,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    redis: str | None = None,
) -> None:
    """Run the service here: embedded store, API and workers, until Ctrl-C."""
    from satnet.up import up as supervise

    given = {"host": host, "port": port, "data_dir": data}
    settings = Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]  # one dict, three types
    status = supervise(
        settings,
        workers=workers,
        redis_url=redis,
        say=lambda text: told.print(text, markup=False),
        on_ready=lambda url: out.print(
            f"satnet is ready at {url} (Ctrl-C ends it)", markup=False, soft_wrap=True
        ),
    )
    raise typer.Exit(status)


@app.command()
def demo() -> None:
    """Start a service, train a saturating network and its better twin over HTTP, show both, stop."""
    from satnet.cli.demo import run_demo

    with _errors():
        raise typer.Exit(run_demo())


@app.command()
def run(spec: str, set_: Changes = None, output: Output = "table") -> None:
    """Train here, without a service."""
    from satnet.cli.progress import Bar
    from satnet.local import run_local

    with _errors():
        content = read_spec(spec, set_ or [])
        with Bar(told) as bar:
            document = run_local(content, data_dir=get_settings().data_dir, on_epoch=bar.record)
    _show(document, output)
    raise typer.Exit(_EXIT[document["status"]])


@app.command()
def submit(
    spec: str,
    set_: Changes = None,
    wait: Annotated[bool, typer.Option("--wait")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    output: Output = "table",
) -> None:
    """POST a spec to the service."""
    from satnet.client import Client

    with _errors(), Client() as client:
        content = read_spec(spec, set_ or [])
        if dry_run:
            print_json(client.request("POST", "/v1/experiments?dry_run=true", json=content).json())
            return
        experiment = client.experiments.create(content)
        if not wait:
            print_json(experiment.document) if output == "json" else out.print(experiment["id"])
            return
        _wait(client, experiment["id"], None, output)


def _wait(client: Any, identity: str, timeout: float | None, output: str) -> None:
    from satnet.cli.progress import Bar

    with Bar(told) as bar:
        experiment = client.experiments.wait(identity, timeout, bar.experiment)
    _show(_whole(experiment), output)
    raise typer.Exit(_EXIT[experiment["status"]])


@app.command()
def wait(identity: str, timeout: float | None = None, output: Output = "table") -> None:
    """Wait until an experiment is over; Ctrl-C leaves it running."""
    from satnet.client import Client

    with _errors(), Client() as client:
        _wait(client, identity, timeout, output)


@app.command()
def watch(identity: str) -> None:
    """Follow an experiment to its end."""
    wait(identity)


@app.command("list")
def list_(status: str | None = None, limit: int = 20, output: Output = "table") -> None:
    """The newest experiments."""
    from itertools import islice

    from satnet.client import Client

    query = {"status": status} if status else {}
    with _errors(), Client() as client:
        found = [
            one.document for one in islice(client.experiments.list(limit=min(limit, 200), **query), limit)
        ]
    if output == "json":
        print_json(found)
        return
    for one in found:
        out.print(f"{one['id']}  {one['status']:9}  {one['name'] or ''}", markup=False)


@app.command()
def show(identity: str, output: Output = "table") -> None:
    """One experiment and its saturation."""
    from satnet.client import Client

    with _errors(), Client() as client:
        _show(_whole(client.experiments.get(identity)), output)


@app.command()
def cancel(identity: str) -> None:
    """Cancel an experiment."""
    from satnet.client import Client

    with _errors(), Client() as client:
        out.print(client.experiments.cancel(identity)["status"])


@app.command()
def epochs(identity: str, output: Output = "csv") -> None:
    """All measured epochs, as csv or json."""
    from satnet.client import Client

    with _errors(), Client() as client:
        if output == "json":
            print_json(client.experiments.epochs(identity))
            return
        text = client.request("GET", f"/v1/experiments/{identity}/epochs?format=csv").text
    sys.stdout.write(text)


@app.command()
def presets(output: Output = "table") -> None:
    """Ready specs with a line each."""
    from satnet import presets as ready

    if output == "json":
        print_json(ready.describe())
        return
    for one in ready.describe():
        out.print(f"{one['name']:22} {one['title']}", markup=False)


@app.command()
def schema() -> None:
    """The spec's JSON Schema."""
    from satnet.spec import json_schema

    print_json(json_schema())


def main() -> None:
    """Entry point."""
    app()
