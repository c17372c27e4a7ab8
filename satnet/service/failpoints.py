"""Named places at which tests make a process fail; nothing happens unless `SATNET_FAILPOINTS` names one.

The setting is a list `NAME=ACTION@FILE,...`: the first process that passes NAME and can remove FILE acts, so that each
file is good for one failure, whoever comes first, also over restarts. Actions: `kill` (SIGKILL to itself), `abort`
(SIGABRT), `segfault` (SIGSEGV), `raise` (RuntimeError), `hang` (for good), `memory` (MemoryError).
"""

import os
import signal
import time
from functools import cache
from pathlib import Path
from typing import NoReturn

NAMES = (
    "after_claim",  # a worker owns an experiment, and has done nothing for it yet
    "after_resume",  # its checkpoint is read, and what came after it is forgotten
    "before_epoch",  # an epoch is measured, and not reported
    "after_epoch",
    "before_checkpoint",
    "after_checkpoint_file",  # the file is there, and not registered
    "after_checkpoint",
    "before_finish",  # trained to the end
    "after_finish",
    "before_release",
    "after_submit",  # the API stored an experiment, and has not answered
    "in_reap",  # about to take back what was lost
)
_SIGNALS = {"kill": signal.SIGKILL, "abort": signal.SIGABRT, "segfault": signal.SIGSEGV}
ACTIONS = (*_SIGNALS, "raise", "hang", "memory")


def parse(setting: str) -> dict[str, tuple[str, Path]]:
    """Name -> (action, file). Raises ValueError for a name or an action that there is not."""
    armed = {}
    for part in filter(None, setting.split(",")):
        name, _, rest = part.partition("=")
        action, _, file = rest.partition("@")
        if name not in NAMES or action not in ACTIONS or not file:
            raise ValueError(f"{part!r}: NAME=ACTION@FILE is needed, with one of {NAMES} and one of {ACTIONS}")
        armed[name] = (action, Path(file))
    return armed


@cache
def _armed() -> dict[str, tuple[str, Path]]:
    from satnet.settings import get_settings

    return parse(get_settings().failpoints)


def hit(name: str) -> None:
    """Fail here if the setting says so and no process has done it yet."""
    if name not in _armed():
        return
    action, file = _armed()[name]
    try:
        file.unlink()
    except FileNotFoundError:
        return
    _act(action, name)


def _act(action: str, name: str) -> NoReturn:
    if action in _SIGNALS:
        os.kill(os.getpid(), _SIGNALS[action])
    if action == "memory":
        raise MemoryError(f"failpoint {name}")
    if action == "raise":
        raise RuntimeError(f"failpoint {name}")
    while True:
        time.sleep(3600)
