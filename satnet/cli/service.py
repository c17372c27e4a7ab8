"""Commands about a service as a whole: up, demo, doctor, workers."""

from pathlib import Path
from typing import Annotated

import typer

from satnet.cli.console import note, say, stderr_silenced, stdout
from satnet.cli.exit_status import reported_errors, service
from satnet.cli.output import Format, Output, write
from satnet.settings import Settings, get_settings


def up(
    workers: Annotated[int, typer.Option(min=0, help="Worker processes")] = 1,
    host: Annotated[str | None, typer.Option(help="Where the API listens")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free one")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of datasets, models and the embedded store")] = None,
    redis: Annotated[str | None, typer.Option(metavar="URL", help="Use this Redis, not the embedded store")] = None,
) -> None:
    """Run a service on this machine: embedded store, API and workers, until Ctrl-C."""
    from satnet.service.supervisor import up as supervise

    options = {"host": host, "port": port, "data_dir": data}
    settings = Settings(**{key: value for key, value in options.items() if value is not None})  # type: ignore[arg-type]  # one dict, three types
    status = supervise(
        settings,
        workers=workers,
        redis_url=redis,
        say=note,
        on_ready=_announce,
    )
    raise typer.Exit(status)


def _announce(url: str, first_key: str | None) -> None:
    say(f"satnet is ready at {url} (Ctrl-C ends it)")
    if first_key is not None:
        say("Others can reach it, so it needs keys, and there was none. This is an admin's key, shown this once:")
        say(f"    {first_key}")
        say("Clients send it from SATNET_API_KEY; satnet keys create NAME makes more, satnet keys revoke ID ends one.")


def demo() -> None:
    """Start a service, train a saturating network and a healthy one, try a remedy, stop."""
    from satnet.cli.demo import run_demo

    with reported_errors():
        raise typer.Exit(run_demo())


def doctor(output: Output = Format.TABLE) -> None:
    """Check this machine and the service: what is there, what is missing, what to do about it."""
    from satnet.cli.doctor import examine

    with stderr_silenced():
        checks = examine(get_settings())
    rows = [vars(one) for one in checks]

    def text() -> None:
        for one in checks:
            say(f"{one.verdict:8} {one.name:18} {one.detail}")

    write(output, rows, lambda: rows, text)
    raise typer.Exit(1 if any(one.verdict == "broken" for one in checks) else 0)


def workers(output: Output = Format.TABLE) -> None:
    """The workers seen within two minutes."""
    from satnet.terminal.lists import print_lines, worker_lines

    with service() as client:
        workers = client.workers()
    write(output, workers, lambda: workers, lambda: print_lines(worker_lines(workers), stdout))
