"""The command line: `satnet --help`."""

from collections.abc import Callable

import typer

from satnet.cli import diagnosis, here, remote, sweeps

app = typer.Typer(no_args_is_help=True, help="Says why a network does not learn.", add_completion=False)
COMMANDS: dict[str, Callable[..., None]] = {
    "up": here.up,
    "demo": here.demo,
    "run": here.run,
    "schema": here.schema,
    "presets": here.presets,
    "doctor": here.doctor,
    "submit": remote.submit,
    "list": remote.list_,
    "show": remote.show,
    "wait": remote.wait,
    "watch": remote.watch,
    "pause": remote.pause,
    "resume": remote.resume,
    "retry": remote.retry,
    "cancel": remote.cancel,
    "epochs": remote.epochs,
    "workers": remote.workers,
    "sweep": sweeps.sweep,
    "findings": diagnosis.findings,
    "remedy": diagnosis.remedy,
    "compare": diagnosis.compare,
    "script": diagnosis.script,
    "download": diagnosis.download,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Entry point."""
    app()
