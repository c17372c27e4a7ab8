"""Writes a checkpoint again and again, and is killed by strace at the first system call, the second, the third, ...

python -m tests.faults.cut REDIS_URL FOLDER MOST: how many were cut, then what was wrong, a line each.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from satnet.records.ids import new_id
from satnet.service.artifacts import Artifacts
from satnet.settings import Settings
from satnet.spec import parse_spec
from satnet.store import Store
from satnet.training.checkpoint import Checkpoint
from tests.faults.fleet import SPEC
from worker.checkpoints import Checkpoints

_REFUSED = ("openat", "write", "fsync", "rename", "mkdir")
_LARGE = 200_000


class Writer:
    """An experiment with one checkpoint, whose second is cut."""

    def __init__(self, url, folder):
        self.settings = Settings(redis_url=url, data_dir=folder)
        store = Store(self.settings)
        spec = parse_spec(SPEC).to_json()
        store.submit(experiment_id=new_id(), spec=spec, spec_sha256="", queue="cut")
        self.grant, self.epoch = store.claim(["cut"], "w", "n"), 0
        store.close()
        self.keep()

    def checkpoints(self):
        return Checkpoints(Store(self.settings), Artifacts(self.settings.artifacts), self.grant)

    def keep(self):
        """One more, after one more epoch."""
        self.epoch += 1
        self.checkpoints().keep(Checkpoint(None, self.epoch, {"weight0": np.full(_LARGE, self.epoch)}, {}))

    def cut(self, *inject):
        """Keep one in a child under strace; the child's status and how many system calls strace saw."""
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            os.read(ready, 1)
            self.keep()
            os._exit(0)
        os.close(ready)
        log = Path(self.settings.data_dir) / "strace"
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", str(log), *inject, "-p", str(pid)], stderr=subprocess.DEVNULL
        )
        ended, status = 0, 0
        while not ended and "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
            left = tracer.poll() is not None
            ended, status = os.waitpid(pid, os.WNOHANG)  # the call in which it waits may be the one that kills it
            if left and not ended:
                os.kill(pid, signal.SIGKILL)
                raise SystemExit("strace may not trace here")
            time.sleep(0.002)
        os.close(go)
        if not ended:
            _, status = os.waitpid(pid, 0)
        tracer.wait(10)
        return status, len(log.read_text().splitlines())

    def whole(self, before, what):
        """What is wrong: the latest is neither the one before nor the one that was written, or one was skipped."""
        checkpoint, skipped = self.checkpoints().latest()
        if skipped or checkpoint is None:
            return [f"{what}: {skipped} skipped"]
        same = (checkpoint.arrays["weight0"] == checkpoint.epoch).all()
        return [] if checkpoint.epoch in (before, before + 1) and same else [f"{what}: it is of {checkpoint.epoch}"]


def main():
    """Every system call in turn; each starts from a checkpoint that stands."""
    url, folder, most = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    writer, wrong, cuts, killed = Writer(url, folder), [], 0, 0
    _, total = writer.cut()
    step = max(1, total // most) if most else 1
    for number in range(1, total + 1, step):
        before = writer.checkpoints().latest()[0].epoch
        writer.epoch = before
        status, _ = writer.cut("-e", f"inject=all:signal=KILL:when={number}")
        killed += os.WIFSIGNALED(status)
        wrong += writer.whole(before, f"killed at call {number}")
        cuts += 1
    for name in _REFUSED:
        for error in ("ENOSPC", "EIO"):
            before = writer.checkpoints().latest()[0].epoch
            writer.epoch = before
            writer.cut("-e", f"inject={name}:error={error}:when=1+")
            wrong += writer.whole(before, f"{name} refused with {error}")
            cuts += 1
    if not killed:
        wrong.append("nothing was killed")
    print("\n".join([str(cuts), *wrong]))  # noqa: T201 - a program


if __name__ == "__main__":
    main()
