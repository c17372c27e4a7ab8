"""Commands about one experiment's life: submit, list, show, wait, watch, pause, resume, retry, cancel, delete."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from satnet.cli.console import say, stdout
from satnet.cli.exit_status import EXIT, service
from satnet.cli.output import Format, Output, write, write_experiment, write_json
from satnet.cli.specs import Changes, Spec, read_spec

if TYPE_CHECKING:
    from satnet.client import Client, Experiment
    from satnet.records.schema import FullExperiment

ExperimentId = Annotated[str, typer.Argument(metavar="ID", help="An experiment's id, exp_...")]


def submit(
    spec: Spec,
    set_: Changes = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is over, then show it")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the spec and estimate its cost")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Submit SPEC to the service."""
    with service() as client:
        content = read_spec(spec, set_ or [])
        if dry_run:
            write_json(client.experiments.dry_run(content))
            return
        experiment = client.experiments.create(content)
        if wait:
            _wait_and_show(client, experiment["id"], None, output)
        elif output == Format.JSON:
            write_json(experiment.document)
        else:
            say(experiment["id"])


def wait(
    experiment_id: ExperimentId,
    timeout: Annotated[float | None, typer.Option(help="Seconds; then exit status 124")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Wait until an experiment is over, then show it; Ctrl-C leaves it running."""
    with service() as client:
        _wait_and_show(client, experiment_id, timeout, output)


def watch(experiment_id: ExperimentId) -> None:
    """Print each epoch as it is measured, until the experiment is over."""
    from satnet.terminal.epochs import metrics_line, print_epoch

    with service() as client:
        printed: set[tuple[int | None, int]] = set()

        def follow(experiment: "Experiment") -> None:
            for record in experiment.epochs if experiment["attempt"] else []:
                if (key := (record["fold"], record["epoch"])) not in printed:
                    printed.add(key)
                    print_epoch(record, stdout)

        experiment = client.experiments.wait(experiment_id, None, follow)
        say(f"{experiment['status']}; {metrics_line(experiment.document)}")
        raise typer.Exit(EXIT[experiment["status"]])


def list_(
    status: Annotated[str | None, typer.Option(help="queued, running, succeeded, ...")] = None,
    label: Annotated[list[str] | None, typer.Option(help="key:value; may be repeated")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = 20,
    output: Output = Format.TABLE,
) -> None:
    """The newest experiments."""
    from satnet.terminal.lists import experiment_lines, print_lines

    with service() as client:
        experiments = client.experiments.list(limit=min(limit, 200), status=status, label=label or None)
        documents = [one.document for one in islice(experiments, limit)]
    write(
        output,
        documents,
        lambda: [{key: one[key] for key in ("id", "status", "created_at", "name")} for one in documents],
        lambda: print_lines(experiment_lines(documents), stdout),
    )


def show(experiment_id: ExperimentId, output: Output = Format.TABLE) -> None:
    """One experiment, its saturation and its findings."""
    with service() as client:
        write_experiment(_full(client.experiments.get(experiment_id)), output)


def pause(experiment_id: ExperimentId) -> None:
    """Pause a queued or running experiment; it keeps its checkpoint."""
    with service() as client:
        say(client.experiments.pause(experiment_id)["status"])


def resume(experiment_id: ExperimentId) -> None:
    """Let a paused, failed or cancelled experiment go on from its checkpoint."""
    with service() as client:
        say(client.experiments.resume(experiment_id)["status"])


def retry(experiment_id: ExperimentId) -> None:
    """Start a failed or cancelled experiment anew."""
    with service() as client:
        say(client.experiments.retry(experiment_id)["status"])


def cancel(experiment_id: ExperimentId) -> None:
    """Cancel an experiment."""
    with service() as client:
        say(client.experiments.cancel(experiment_id)["status"])


def delete(experiment_id: ExperimentId) -> None:
    """Delete an experiment that is over, with its epochs and its model."""
    with service() as client:
        client.experiments.delete(experiment_id)
        say("deleted")


def _full(experiment: "Experiment") -> "FullExperiment":
    return {**experiment.document, "epochs": list(experiment.epochs) if experiment["attempt"] else []}


def _wait_and_show(client: "Client", experiment_id: str, timeout: float | None, output: Format) -> None:
    experiment = client.experiments.wait(experiment_id, timeout, progress=True)
    write_experiment(_full(experiment), output)
    raise typer.Exit(EXIT[experiment["status"]])
