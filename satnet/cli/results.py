"""What an experiment left: epochs, units, script, download, predict."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from satnet.cli.console import say, stdout
from satnet.cli.exit_status import service
from satnet.cli.experiments import ExperimentId
from satnet.cli.output import Format, Output, write
from satnet.cli.specs import read_text

Fold = Annotated[int | None, typer.Option(min=0, help="Of this fold, counted from 0")]


def epochs(experiment_id: ExperimentId, output: Output = Format.TABLE) -> None:
    """All measured epochs."""
    from satnet.records.tables import epoch_rows
    from satnet.terminal.epochs import print_epoch

    with service() as client:
        records = client.experiments.epochs(experiment_id)

    def text() -> None:
        for record in records:
            print_epoch(record, stdout)

    write(output, records, lambda: epoch_rows(records), text)


def units(
    experiment_id: ExperimentId,
    layer: Annotated[str | None, typer.Option(help="Only this layer")] = None,
    epoch: Annotated[int | None, typer.Option(min=0, help="Default: the last one kept")] = None,
    fold: Fold = None,
    output: Output = Format.TABLE,
) -> None:
    """The numbers of each unit at one epoch."""
    from satnet.terminal.units import print_units, unit_rows

    with service() as client:
        arrays = client.experiments.units(experiment_id, layer, epoch, fold)
    write(output, arrays, lambda: unit_rows(arrays), lambda: print_units(arrays, stdout))


def script(
    experiment_id: ExperimentId,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout")] = None,
) -> None:
    """The same experiment as a stand-alone Keras program."""
    with service() as client:
        program = client.experiments.script(experiment_id)
    if to is None:
        sys.stdout.write(program)
    else:
        to.write_text(program)


def download(
    experiment_id: ExperimentId,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: ID.keras")] = None,
) -> None:
    """The trained model, .keras."""
    with service() as client:
        path = client.experiments.download(experiment_id, to or Path(f"{experiment_id}.keras"))
    say(str(path))


def predict(
    experiment_id: ExperimentId,
    rows: Annotated[str, typer.Argument(metavar="ROWS", help="A JSON file with a list of raw rows, or -")],
    output: Output = Format.TABLE,
) -> None:
    """Outputs of the trained model, one line a row."""
    with service() as client:
        instances = json.loads(read_text(rows))
        if not isinstance(instances, list):
            raise ValueError(f"{rows}: a JSON list of rows is needed, got {type(instances).__name__}")
        predictions = client.experiments.predict(experiment_id, instances)
    labels = predictions.labels

    def table() -> list[dict[str, object]]:
        outputs = [one if isinstance(one, list) else [one] for one in predictions]
        names = predictions.classes if predictions.classes and len(outputs[0]) > 1 else None
        heads = names or [f"output_{place}" for place in range(len(outputs[0]))]
        rows: list[dict[str, object]] = [dict(zip(heads, row, strict=True)) for row in outputs]
        return [{"label": label} | row for label, row in zip(labels, rows, strict=True)] if labels else rows

    def text() -> None:
        for place, prediction in enumerate(predictions):
            say(f"{labels[place]}  {json.dumps(prediction)}" if labels else json.dumps(prediction))

    write(output, predictions, table, text)
