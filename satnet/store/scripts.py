"""The Lua scripts by name; each file says what it promises."""

from importlib import resources
from typing import Any

import redis

NAMES = (
    "submit",
    "external",
    "external_epochs",
    "claim",
    "heartbeat",
    "epoch",
    "finish",
    "release",
    "attempt_lost",
    "checkpoint",
    "rewind",
    "cancel",
    "pause",
    "resume",
    "reap",
    "repair",
    "patch",
    "delete",
    "sweep",
    "sweep_status",
    "sweep_resume",
    "seen",
    "offer_folds",
    "claim_fold",
    "report_fold",
    "take_fold",
    "api_key",
    "dataset_add",
    "dataset_take",
    "dataset_renew",
    "dataset_settle",
    "dataset_delete",
)
_REFUSED_WHEN_FULL = (
    "submit",
    "external",
    "external_epochs",
    "patch",
    "sweep",
    "dataset_add",
)  # the rest gives memory back, or ends what runs


class Scripts:
    """All scripts on one connection; reloaded by themselves after SCRIPT FLUSH."""

    def __init__(self, client: "redis.Redis") -> None:
        folder = resources.files("satnet.store") / "lua"
        common = (folder / "_common.lua").read_text()
        self._scripts = {}
        for name in NAMES:
            flags = "" if name in _REFUSED_WHEN_FULL else "#!lua flags=allow-oom\n"
            self._scripts[name] = client.register_script(flags + common + (folder / f"{name}.lua").read_text())

    def __call__(self, name: str, *arguments: str | float) -> Any:
        """Run a script; arguments are its ARGV."""
        return self._scripts[name](args=arguments)
