"""Commands that talk to a service: submit, list, show, wait, watch, pause, resume, retry, cancel, epochs, workers."""

from itertools import islice
from typing import Annotated, Any

import typer

from satnet.cli.output import EXIT, Changes, Format, Output, errors, out, print_csv, print_json, told
from satnet.cli.output import show_experiment as _show
from satnet.cli.specs import read_spec
from satnet.records.tables import epoch_rows

Identity = Annotated[str, typer.Argument(metavar="ID", help="An experiment, exp_...")]


def connect() -> Any:
    """The client of SATNET_URL."""
    from satnet.client import Client

    return Client()


def whole(experiment: Any) -> dict[str, Any]:
    """The document with its epochs, as `run` gives it."""
    document: dict[str, Any] = experiment.document
    return document | {"epochs": list(experiment.epochs) if document["attempt"] else []}


def wait_and_show(client: Any, experiment_id: str, timeout: float | None, output: Format) -> None:
    """Wait with a progress bar, show the experiment, exit as it ended."""
    from satnet.terminal.progress import Bar

    with Bar(told) as bar:
        experiment = client.experiments.wait(experiment_id, timeout, bar.experiment)
    _show(whole(experiment), output)
    raise typer.Exit(EXIT[experiment["status"]])


def submit(
    spec: str,
    set_: Changes = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is over; show it")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and estimate; store nothing")] = False,
    output: Output = Format.TABLE,
) -> None:
    """POST SPEC (a JSON or YAML file, - or preset:NAME) to the service."""
    with errors(), connect() as client:
        content = read_spec(spec, set_ or [])
        if dry_run:
            print_json(client.experiments.dry_run(content))
            return
        experiment = client.experiments.create(content)
        if wait:
            wait_and_show(client, experiment["id"], None, output)
        elif output == Format.JSON:
            print_json(experiment.document)
        else:
            out.print(experiment["id"], soft_wrap=True)


def wait(
    experiment_id: Identity,
    timeout: Annotated[float | None, typer.Option(help="Seconds; then exit status 124")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Wait until an experiment is over; Ctrl-C leaves it running."""
    with errors(), connect() as client:
        wait_and_show(client, experiment_id, timeout, output)


def watch(experiment_id: Identity) -> None:
    """Print each epoch as it is measured, to the end."""
    from satnet.terminal.experiments import epoch_line, metrics_line

    with errors(), connect() as client:
        shown: set[tuple[Any, Any]] = set()

        def follow(experiment: Any) -> None:
            for record in experiment.epochs if experiment["attempt"] else []:
                if (key := (record["fold"], record["epoch"])) not in shown:
                    shown.add(key)
                    out.print(epoch_line(record), markup=False, highlight=False, soft_wrap=True)

        experiment = client.experiments.wait(experiment_id, None, follow)
        out.print(f"{experiment['status']}; {metrics_line(experiment.document)}", markup=False)
        raise typer.Exit(EXIT[experiment["status"]])


def list_(
    status: Annotated[str | None, typer.Option(help="queued, running, succeeded, ...")] = None,
    label: Annotated[list[str] | None, typer.Option(help="key:value; may be repeated")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    output: Output = Format.TABLE,
) -> None:
    """The newest experiments."""
    query: dict[str, Any] = {"limit": min(limit, 200)}
    query |= {"status": status} if status else {}
    query |= {"label": label} if label else {}
    with errors(), connect() as client:
        found = [one.document for one in islice(client.experiments.list(**query), limit)]
    if output == Format.JSON:
        print_json(found)
        return
    rows = [{key: one[key] for key in ("id", "status", "created_at", "name")} for one in found]
    if output == Format.CSV:
        print_csv(rows)
        return
    for one in rows:
        text = f"{one['id']}  {one['status']:9}  {one['created_at']}  {one['name'] or ''}"
        out.print(text, markup=False, highlight=False, soft_wrap=True)


def show(experiment_id: Identity, output: Output = Format.TABLE) -> None:
    """One experiment, its saturation and its findings."""
    with errors(), connect() as client:
        _show(whole(client.experiments.get(experiment_id)), output)


def pause(experiment_id: Identity) -> None:
    """Let a running or queued experiment wait; it keeps its checkpoint."""
    with errors(), connect() as client:
        out.print(client.experiments.pause(experiment_id)["status"])


def resume(experiment_id: Identity) -> None:
    """Let a paused, failed or cancelled experiment go on from its checkpoint."""
    with errors(), connect() as client:
        out.print(client.experiments.resume(experiment_id)["status"])


def retry(experiment_id: Identity) -> None:
    """Start a failed or cancelled experiment anew."""
    with errors(), connect() as client:
        out.print(client.experiments.retry(experiment_id)["status"])


def cancel(experiment_id: Identity) -> None:
    """Cancel an experiment."""
    with errors(), connect() as client:
        out.print(client.experiments.cancel(experiment_id)["status"])


def epochs(experiment_id: Identity, output: Output = Format.TABLE) -> None:
    """All measured epochs."""
    from satnet.terminal.experiments import epoch_line

    with errors(), connect() as client:
        records = client.experiments.epochs(experiment_id)
    if output == Format.JSON:
        print_json(list(records))
    elif output == Format.CSV:
        print_csv(epoch_rows(records))
    else:
        for record in records:
            out.print(epoch_line(record), markup=False, highlight=False, soft_wrap=True)


def workers(output: Output = Format.TABLE) -> None:
    """The workers seen within two minutes."""
    with errors(), connect() as client:
        found = client.request("GET", "/v1/workers").json()["data"]
    if output == Format.JSON:
        print_json(found)
    elif output == Format.CSV:
        print_csv(found)
    else:
        for one in found:
            text = f"{one['id']}  {one['kind']}  queues {', '.join(one['queues'])}  seen {one['seen']}"
            out.print(text, markup=False, highlight=False, soft_wrap=True)
        if not found:
            out.print("no worker was seen; start one with satnet up or python -m worker.main")
