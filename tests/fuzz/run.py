"""The long form: `python -m tests.fuzz.run --inputs 200000`, over an embedded store of its own.

Prints each kind of failure once, with the body that brought it about, and a line of counts. A sample of the specs that
were accepted is trained for one epoch.
"""

import argparse
import collections
import logging
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as budget
from hypothesis.strategies import SearchStrategy

from satnet.service.ports import free_port
from satnet.store.embedded import server_binary

WEIGHTS = {"experiment": 6, "external": 2, "sweep": 3, "clone": 3, "epochs": 3, "predict": 1, "change": 1, "remedy": 1}
_MOST_PARAMETERS = 100_000  # of a spec that is trained


def main() -> int:
    """Run; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--train", type=int, default=20, help="how many accepted specs train")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        server, url = _store(Path(folder))
        try:
            return _run(options, url, Path(folder))
        finally:
            server.terminate()
            server.wait(10)


def _store(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [str(server_binary()), "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    time.sleep(1)
    return server, f"redis://127.0.0.1:{port}/0"


def _run(options: argparse.Namespace, url: str, folder: Path) -> int:
    os.environ["SATNET_REDIS_URL"] = url
    from api.tickets import _tickets
    from satnet.settings import Settings
    from tests.fuzz.bodies import bodies
    from tests.fuzz.service import Service

    _tickets.send = lambda _: None  # type: ignore[method-assign]  # nobody is there to be woken
    service = Service(Settings(redis_url=url, data_dir=folder))
    statuses: collections.Counter[int] = collections.Counter()
    failures: dict[str, tuple[str, bytes]] = {}
    until, total = time.monotonic() + options.seconds, sum(WEIGHTS.values())

    def send(kind: str, body: bytes) -> None:
        try:
            statuses[service.send(kind, body)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, is a finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            known = isinstance(error, AssertionError)
            what = str(error)[:60] if known else f"{type(error).__name__} at {place.filename}:{place.lineno}"
            failures.setdefault(f"{kind}: {what}", (str(error)[:1500], body[:1500]))

    for number, (kind, weight) in enumerate(WEIGHTS.items()):
        share = weight / sum(list(WEIGHTS.values())[number:])
        before, end = service.sent, time.monotonic() + (until - time.monotonic()) * share
        _generate(bodies(kind), options.inputs * weight // total, options.seed, end, partial(send, kind))
        sys.stdout.write(f"{kind}: {service.sent - before} inputs\n")
        sys.stdout.flush()
    for name, (what, body) in failures.items():
        sys.stdout.write(f"\nFAILED {name}\n  {what}\n  {body!r}\n")
    sys.stdout.write(f"{service.sent} inputs, statuses {dict(sorted(statuses.items()))}, {len(failures)} failures\n")
    broken = _train(service.accepted, options.train, folder)
    return 1 if failures or broken else 0


def _generate(
    strategy: SearchStrategy[bytes], count: int, number: int, end: float, send: Callable[[bytes], None]
) -> None:
    """Give `send` examples of the strategy: `count` of them, or as many as there are before `end`."""

    @seed(number)
    @budget(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(body: bytes) -> None:
        if time.monotonic() < end:
            send(body)

    run()


def _train(specs: list[dict[str, object]], count: int, folder: Path) -> int:
    """Train some of the specs for an epoch; how many ended otherwise than a spec may."""
    from satnet.service.local import run_local
    from satnet.spec import parse_spec, plan_network

    small = [one for one in specs if plan_network(parse_spec(one)).parameters < _MOST_PARAMETERS]
    chosen = small[:: max(1, len(small) // max(1, count))][:count]
    broken = 0
    for spec in chosen:
        training = {**spec["training"], "epochs": 1}  # type: ignore[dict-item]
        document = run_local({**spec, "training": training, "cross_validation": None}, data_dir=folder)
        reason = document["status_reason"]
        if document["status"] != "succeeded" and reason and reason["code"] not in ("non_finite_loss", "data_error"):
            broken += 1
            sys.stdout.write(f"\nFAILED to train: {reason}\n  {spec}\n")
    sys.stdout.write(f"{len(chosen)} of {len(specs)} accepted specs trained, {broken} of them failed\n")
    return broken


if __name__ == "__main__":
    sys.exit(main())
