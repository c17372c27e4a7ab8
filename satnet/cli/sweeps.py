"""`satnet sweep`: submit a sweep, follow it, show its answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from satnet import presets
from satnet.cli.console import say, stdout
from satnet.cli.exit_status import EXIT, service
from satnet.cli.output import Format, Output, write_csv, write_json
from satnet.cli.specs import Changes, read_spec

if TYPE_CHECKING:
    from satnet.client import Client, Sweep


def sweep(
    source: Annotated[str, typer.Argument(metavar="SWEEP", help="A JSON or YAML file, -, preset:NAME, or swp_...")],
    set_: Changes = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is over, then show it")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count its trials and estimate its cost")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="swp_...: cancel it")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="swp_...: pause it")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="swp_...: let it go on")] = False,
    rerun_failed: Annotated[bool, typer.Option("--rerun-failed", help="swp_...: start failed trials anew")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Submit a sweep, or show one; with --wait, its table, heat map and verdict."""
    options = {"cancel": cancel, "pause": pause, "resume": resume, "rerun-failed": rerun_failed}
    verbs = [name for name, chosen in options.items() if chosen]
    with service() as client:
        if source.startswith("swp_"):
            if len(verbs) > 1 or dry_run or set_:
                raise ValueError("a sweep's id takes one of --cancel, --pause, --resume and --rerun-failed")
            sweep = _existing(client, source, verbs[0] if verbs else None)
        elif verbs:
            raise ValueError(f"--{verbs[0]} needs a sweep's id, swp_...")
        else:
            content = read_spec(source, set_ or [], presets.load_sweep)
            if dry_run:
                write_json(client.sweeps.dry_run(content))
                return
            sweep = client.sweeps.create(content)
            if output == Format.TABLE and not wait:
                say(sweep["id"])
                return
        if wait:
            sweep = sweep.wait(progress=True)
        _show(client, sweep, output)
        if sweep["is_terminal"]:
            raise typer.Exit(EXIT[sweep["status"]])


def _existing(client: "Client", sweep_id: str, verb: str | None) -> "Sweep":
    sweeps = client.sweeps
    actions = {
        None: sweeps.get,
        "cancel": sweeps.cancel,
        "pause": sweeps.pause,
        "resume": sweeps.resume,
        "rerun-failed": sweeps.rerun_failed,
    }
    return actions[verb](sweep_id)


def _show(client: "Client", sweep: "Sweep", output: Format) -> None:
    from satnet.records.tables import flat
    from satnet.terminal.sweeps import print_sweep

    sweep_id = sweep["id"]
    if output == Format.CSV:
        write_csv([flat(row) for row in client.sweeps.trials(sweep_id)])
        return
    ranking, trials = client.sweeps.best(sweep_id), client.sweeps.trials(sweep_id, sort="trial")
    if output == Format.JSON:
        write_json({**sweep, "ranking": ranking, "trial_rows": trials})
    else:
        print_sweep(sweep.document, trials, ranking, client.sweeps.importance(sweep_id), stdout)
