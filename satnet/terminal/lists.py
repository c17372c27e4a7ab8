"""Lists in a line an item."""

from collections.abc import Sequence

from rich.console import Console

from satnet.records.schema import ExperimentDocument, WorkerRow


def print_lines(lines: Sequence[str], console: Console) -> None:
    """Each line as it is, however long."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def experiment_lines(documents: Sequence[ExperimentDocument]) -> list[str]:
    """Id, status, time and name of each."""
    return [f"{one['id']}  {one['status']:9}  {one['created_at']}  {one['name'] or ''}" for one in documents]


def worker_lines(workers: Sequence[WorkerRow]) -> list[str]:
    """Id, kind, queues and last sign of life of each."""
    return [
        f"{one['id']}  {one.get('kind')}  queues {', '.join(one.get('queues', []))}  seen {one['seen']}"
        for one in workers
    ] or ["no worker was seen; start one with satnet up or python -m worker.main"]
