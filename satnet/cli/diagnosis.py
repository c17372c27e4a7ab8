"""Commands of the diagnosis: findings, remedy, compare, script, download."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from satnet.cli.output import EXIT, Format, Output, errors, out, print_csv, print_json, told
from satnet.cli.remote import Identity, connect


def findings(experiment_id: Identity, output: Output = Format.TABLE) -> None:
    """What is wrong, why, and what to change."""
    from satnet.terminal.experiments import print_findings

    with errors(), connect() as client:
        found = client.request("GET", f"/v1/experiments/{experiment_id}/findings").json()["data"]
    if output == Format.JSON:
        print_json(found)
    elif output == Format.CSV:
        keys = ("id", "rule", "severity", "layer", "first_epoch", "last_epoch", "caused_by", "explanation")
        print_csv([{key: one[key] for key in keys} for one in found])
    elif found:
        print_findings(found, out)
    else:
        out.print("no finding")


def remedy(
    experiment_id: Identity,
    finding: Annotated[str, typer.Argument(help="A finding's id, as `findings` shows it")],
    remedy: Annotated[int, typer.Option(min=0, help="Which remedy, counted from 0")] = 0,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Over how many seeds")] = 1,
    wait: Annotated[bool, typer.Option("--wait", help="Until all are over; then compare")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Submit an experiment with a remedy applied; with --wait, say whether it helped."""
    from satnet.terminal.experiments import print_comparison

    with errors(), connect() as client:
        submitted = client.experiments.remedy_with_baselines(experiment_id, finding, remedy, repeats)
        if not wait:
            names = [one["id"] for one in submitted]
            print_json(names) if output == Format.JSON else out.print("\n".join(names), soft_wrap=True)
            return
        for one in submitted:
            told.print(f"waiting for {one['id']}", highlight=False)
            client.experiments.wait(one["id"])
        found = client.experiments.compare(experiment_id, *[one["id"] for one in submitted])
        print_json(found) if output == Format.JSON else print_comparison(found, out)
        raise typer.Exit(max(EXIT[one["status"]] for one in found["experiments"][1:]))


def compare(
    identities: Annotated[list[str], typer.Argument(metavar="ID ID...", help="The first is the baseline")],
    output: Output = Format.TABLE,
) -> None:
    """Two or more experiments side by side."""
    from satnet.terminal.experiments import print_comparison

    with errors(), connect() as client:
        found = client.experiments.compare(*identities)
    if output == Format.JSON:
        print_json(found)
    elif output == Format.CSV:
        print_csv(
            [
                {"pointer": row["pointer"]} | dict(zip(identities, row["values"], strict=True))
                for row in found["differences"]
            ]
        )
    else:
        print_comparison(found, out)


def script(
    experiment_id: Identity,
    to: Annotated[Path | None, typer.Option(help="Write it to this file, not to stdout")] = None,
) -> None:
    """The same experiment as a stand-alone Keras program."""
    with errors(), connect() as client:
        text = client.experiments.get(experiment_id).script()
    if to is None:
        sys.stdout.write(text)
    else:
        to.write_text(text)


def download(
    experiment_id: Identity,
    to: Annotated[Path | None, typer.Option(help="Default: ID.keras")] = None,
) -> None:
    """The trained model, .keras."""
    with errors(), connect() as client:
        path = client.experiments.get(experiment_id).download(to or Path(f"{experiment_id}.keras"))
    out.print(str(path), soft_wrap=True)
