"""`satnet run`: one experiment in this process, without a service."""

import typer

from satnet.cli.console import stderr_silenced
from satnet.cli.exit_status import EXIT, reported_errors
from satnet.cli.output import Format, Output, write_experiment
from satnet.cli.specs import Changes, Spec, read_spec
from satnet.settings import get_settings


def run(spec: Spec, set_: Changes = None, output: Output = Format.TABLE) -> None:
    """Train SPEC in this process, without a service."""
    from satnet.service.local import run_local
    from satnet.spec import parse_spec
    from satnet.terminal.progress import ExperimentBar

    with reported_errors():
        content = read_spec(spec, set_ or [])
        parse_spec(content, allow_path=True)  # a mistake is reported before TensorFlow is loaded
        with stderr_silenced():
            import satnet.training.run  # noqa: F401 - loaded here to be loaded quietly
        with ExperimentBar() as bar:
            document = run_local(content, data_dir=get_settings().data_dir, on_epoch=bar.record)
    write_experiment(document, output)
    raise typer.Exit(EXIT[document["status"]])
