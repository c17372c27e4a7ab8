"""The command line: `satnet --help`."""

from collections.abc import Callable

import typer

from satnet.cli import diagnosis, experiments, keys, local, reference, results, service, sweeps

app = typer.Typer(no_args_is_help=True, help="Says why a network does not learn.", add_completion=False)
COMMANDS: dict[str, Callable[..., None]] = {
    "up": service.up,
    "demo": service.demo,
    "doctor": service.doctor,
    "run": local.run,
    "presets": reference.presets,
    "schema": reference.schema,
    "submit": experiments.submit,
    "list": experiments.list_,
    "show": experiments.show,
    "wait": experiments.wait,
    "watch": experiments.watch,
    "pause": experiments.pause,
    "resume": experiments.resume,
    "retry": experiments.retry,
    "cancel": experiments.cancel,
    "delete": experiments.delete,
    "epochs": results.epochs,
    "units": results.units,
    "script": results.script,
    "download": results.download,
    "predict": results.predict,
    "findings": diagnosis.findings,
    "remedy": diagnosis.remedy,
    "compare": diagnosis.compare,
    "sweep": sweeps.sweep,
    "workers": service.workers,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(keys.keys, name="keys")


def main() -> None:
    """Entry point."""
    app()
