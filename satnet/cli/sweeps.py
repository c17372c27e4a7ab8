"""`satnet sweep`: submit a sweep, follow it, show what it answers."""

import contextlib
from typing import Annotated, Any

import typer

from satnet import presets
from satnet.cli.output import EXIT, Changes, Format, Output, errors, out, print_csv, print_json, told
from satnet.cli.remote import connect
from satnet.cli.specs import read_spec

Flag = Annotated[bool, typer.Option()]


def sweep(
    source: Annotated[str, typer.Argument(metavar="SWEEP", help="A JSON or YAML file, -, preset:NAME, or swp_...")],
    set_: Changes = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is over; show it")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and estimate; store nothing")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="swp_...: cancel it")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="swp_...: let it wait")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="swp_...: let it go on")] = False,
    rerun_failed: Annotated[bool, typer.Option("--rerun-failed", help="swp_...: start failed trials anew")] = False,
    output: Output = Format.TABLE,
) -> None:
    """POST a sweep, or show one; with --wait its table, heat map and verdict."""
    asked = {"cancel": cancel, "pause": pause, "resume": resume, "rerun_failed": rerun_failed}
    verbs = [name for name, given in asked.items() if given]
    with errors(), connect() as client:
        if source.startswith("swp_"):
            if len(verbs) > 1 or dry_run or set_:
                raise ValueError("one of --cancel, --pause, --resume and --rerun-failed goes with a sweep's id")
            found = getattr(client.sweeps, verbs[0])(source) if verbs else client.sweeps.get(source)
        else:
            if verbs:
                raise ValueError(f"--{verbs[0].replace('_', '-')} needs a sweep's id, swp_...")
            content = read_spec(source, set_ or [], presets.load_sweep)
            if dry_run:
                print_json(client.sweeps.dry_run(content))
                return
            found = client.sweeps.create(content)
        if wait:
            found = _followed(client, found["id"])
        elif not source.startswith("swp_") and output == Format.TABLE:
            out.print(found["id"], soft_wrap=True)
            return
        _show(client, found, output)
        if found["is_terminal"]:
            raise typer.Exit(EXIT[found["status"]])


def _followed(client: Any, sweep_id: str) -> Any:
    """Wait with a bar on stderr; Ctrl-C leaves the sweep running."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(Progress(*columns, console=told, transient=True))
        task = bar.add_task(sweep_id, total=None)

        def update(sweep: Any) -> None:
            progress, best = sweep["progress"], sweep["best"]
            over = sum(progress[key] for key in EXIT)
            text = (
                f"{sweep['status']}, best {best['value']:.4g}"
                if best and best["value"] is not None
                else sweep["status"]
            )
            bar.update(task, description=text, completed=over, total=progress["trials"])

        return client.sweeps.wait(sweep_id, None, update)


def _show(client: Any, found: Any, output: Format) -> None:
    from satnet.records.tables import flat
    from satnet.terminal.sweeps import print_sweep

    sweep_id = found["id"]
    if output == Format.CSV:
        print_csv([flat(row) for row in client.sweeps.trials(sweep_id)])
        return
    ranking, trials = client.sweeps.best(sweep_id), client.sweeps.trials(sweep_id, sort="trial")
    if output == Format.JSON:
        print_json(dict(found) | {"ranking": ranking, "trial_rows": trials})
    else:
        print_sweep(dict(found), trials, ranking, client.sweeps.importance(sweep_id), out)
