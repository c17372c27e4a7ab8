"""Commands of the diagnosis: findings, remedy, compare."""

from typing import TYPE_CHECKING, Annotated

import typer

from satnet.cli.console import note, say, stdout
from satnet.cli.exit_status import EXIT, service
from satnet.cli.experiments import ExperimentId
from satnet.cli.output import Format, Output, write, write_json

if TYPE_CHECKING:
    from satnet.terminal.comparison import Comparison

_COLUMNS = ("id", "rule", "severity", "layer", "first_epoch", "last_epoch", "caused_by", "explanation")


def findings(experiment_id: ExperimentId, output: Output = Format.TABLE) -> None:
    """What is wrong, why, and what to change."""
    from satnet.terminal.findings import print_findings

    with service() as client:
        findings = client.experiments.findings(experiment_id)
    write(
        output,
        findings,
        lambda: [{key: one[key] for key in _COLUMNS} for one in findings],
        lambda: print_findings([one.record for one in findings], stdout) if findings else say("no findings"),
    )


def remedy(
    experiment_id: ExperimentId,
    finding: Annotated[str, typer.Argument(help="A finding's id, as `findings` shows it")],
    remedy: Annotated[int, typer.Option(min=0, help="Which remedy, counted from 0")] = 0,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Over how many seeds")] = 1,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all are over, then compare")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Submit an experiment with a remedy applied; with --wait, say whether it helped."""
    with service() as client:
        submitted = client.experiments.remedy_with_baselines(experiment_id, finding, remedy, repeats)
        experiment_ids = [one["id"] for one in submitted]
        if not wait:
            write_json(experiment_ids) if output == Format.JSON else say("\n".join(experiment_ids))
            return
        for one in experiment_ids:
            note(f"waiting for {one}")
            client.experiments.wait(one)
        comparison = client.experiments.compare(experiment_id, *experiment_ids)
        _write_comparison(comparison, output)
        raise typer.Exit(max(EXIT[one["status"]] for one in comparison["experiments"][1:]))


def compare(
    experiment_ids: Annotated[list[str], typer.Argument(metavar="ID ID...", help="The first is the baseline")],
    output: Output = Format.TABLE,
) -> None:
    """Two or more experiments side by side."""
    with service() as client:
        comparison = client.experiments.compare(*experiment_ids)
    _write_comparison(comparison, output)


def _write_comparison(comparison: "Comparison", output: Format) -> None:
    from satnet.terminal.comparison import print_comparison

    ids = [one["id"] for one in comparison["experiments"]]
    write(
        output,
        comparison,
        lambda: [
            {"pointer": row["pointer"]} | dict(zip(ids, row["values"], strict=True))
            for row in comparison["differences"]
        ],
        lambda: print_comparison(comparison, stdout),
    )
