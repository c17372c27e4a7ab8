"""Lists in a line an item."""

from collections.abc import Sequence

from rich.console import Console

from satnet.records.schema import ExperimentDocument, ExperimentRow, KeyDocument, WorkerRow


def print_lines(lines: Sequence[str], console: Console) -> None:
    """Each line as it is, however long."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def experiment_lines(documents: Sequence[ExperimentDocument | ExperimentRow]) -> list[str]:
    """Id, status, time and name of each."""
    return [f"{one['id']}  {one['status']:9}  {one['created_at']}  {one['name'] or ''}" for one in documents]


def worker_lines(workers: Sequence[WorkerRow]) -> list[str]:
    """Id, kind, queues and last sign of life of each."""
    return [
        f"{one['id']}  {one.get('kind')}  queues {', '.join(one.get('queues', []))}  seen {one['seen']}"
        for one in workers
    ] or ["no worker was seen; start one with satnet up or python -m worker.main"]


def key_lines(keys: Sequence[KeyDocument]) -> list[str]:
    """Id, name, owner, scopes and last use of each, and whether it is over with it."""
    return [
        f"{one['id']}  {one['name']:16}  owner {one['owner']}  {', '.join(one['scopes'])}  {_state_of(one)}"
        for one in keys
    ] or ["there is no key; satnet keys create NAME --scope admin makes the first"]


def _state_of(key: KeyDocument) -> str:
    if key["revoked_at"]:
        return f"revoked {key['revoked_at']}"
    used = f"last used {key['last_used_at']}" if key["last_used_at"] else "never used"
    return f"{used}, expires {key['expires_at']}" if key["expires_at"] else used
