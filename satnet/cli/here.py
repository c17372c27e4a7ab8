"""Commands that need no service, or are one: up, demo, run, schema, presets, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from satnet.cli import output as shown
from satnet.cli.output import Changes, Format, Output, errors, out, stderr_silenced, told
from satnet.cli.specs import read_spec
from satnet.settings import Settings, get_settings


def up(
    workers: Annotated[int, typer.Option(min=0, help="Worker processes")] = 1,
    host: Annotated[str | None, typer.Option(help="Where the API listens")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free one")] = None,
    data: Annotated[Path | None, typer.Option(help="Datasets, models and the embedded store")] = None,
    redis: Annotated[str | None, typer.Option(help="Use this Redis, not the embedded store")] = None,
) -> None:
    """Run the service here: embedded store, API and workers, until Ctrl-C."""
    from satnet.service.supervisor import up as supervise

    given = {"host": host, "port": port, "data_dir": data}
    settings = Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]  # one dict, three types
    status = supervise(
        settings,
        workers=workers,
        redis_url=redis,
        say=lambda text: told.print(text, markup=False, soft_wrap=True),
        on_ready=lambda url: out.print(f"satnet is ready at {url} (Ctrl-C ends it)", markup=False, soft_wrap=True),
    )
    raise typer.Exit(status)


def demo() -> None:
    """Start a service, train a saturating network and its better twin, diagnose, verify a remedy, stop."""
    from satnet.cli.demo import run_demo

    with errors():
        raise typer.Exit(run_demo())


def run(spec: str, set_: Changes = None, output: Output = Format.TABLE) -> None:
    """Train SPEC here (a JSON or YAML file, - or preset:NAME), without a service."""
    from satnet.service.local import run_local
    from satnet.spec import parse_spec
    from satnet.terminal.progress import Bar

    with errors():
        content = read_spec(spec, set_ or [])
        parse_spec(content, allow_path=True)  # a mistake is told before TensorFlow is loaded
        with stderr_silenced():
            import satnet.training.run  # noqa: F401 - loaded here to be loaded quietly
        with Bar(told) as bar:
            document = run_local(content, data_dir=get_settings().data_dir, on_epoch=bar.record)
    shown.show_experiment(document, output)
    raise typer.Exit(shown.EXIT[document["status"]])


def presets(output: Output = Format.TABLE) -> None:
    """Ready specs and sweeps with a line each."""
    from satnet import presets as ready

    found, sweeps = ready.describe(), ready.describe_sweeps()
    if output == Format.JSON:
        shown.print_json([*found, *sweeps])
    elif output == Format.CSV:
        kinds = [(one, "experiment") for one in found] + [(one, "sweep") for one in sweeps]
        shown.print_csv([{"name": one["name"], "kind": kind, "title": one["title"]} for one, kind in kinds])
    else:
        for one in found:
            out.print(f"{one['name']:26} {one['title']}", markup=False, soft_wrap=True)
        out.print("\nfor satnet sweep:", soft_wrap=True)
        for one in sweeps:
            out.print(f"{one['name']:30} {one['title']}", markup=False, soft_wrap=True)


def schema() -> None:
    """The spec's JSON Schema."""
    from satnet.spec import json_schema

    shown.print_json(json_schema())


def doctor(output: Output = Format.TABLE) -> None:
    """Look at this machine and the service: what is there, what is missing, what to do."""
    from satnet.cli.doctor import examine

    with stderr_silenced():
        checks = examine(get_settings())
    if output == Format.JSON:
        shown.print_json([vars(one) for one in checks])
    elif output == Format.CSV:
        shown.print_csv([vars(one) for one in checks])
    else:
        for one in checks:
            out.print(f"{one.verdict:8} {one.name:18} {one.detail}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if any(one.verdict == "broken" for one in checks) else 0)
