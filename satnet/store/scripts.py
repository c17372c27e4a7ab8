"""The Lua scripts by name; each file says what it promises."""

from importlib import resources
from typing import Any

import redis

NAMES = (
    "submit",
    "external",
    "claim",
    "heartbeat",
    "epoch",
    "finish",
    "release",
    "cancel",
    "reap",
    "patch",
    "delete",
)


class Scripts:
    """All scripts on one connection; reloaded by themselves after SCRIPT FLUSH."""

    def __init__(self, client: "redis.Redis") -> None:
        folder = resources.files("satnet.store") / "lua"
        common = (folder / "_common.lua").read_text()
        self._scripts = {name: client.register_script(common + (folder / f"{name}.lua").read_text()) for name in NAMES}

    def __call__(self, name: str, *arguments: Any) -> Any:
        """Run a script; arguments are its ARGV."""
        return self._scripts[name](args=arguments)
