"""Which device a worker uses; decided before TensorFlow is loaded."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def visible_gpus() -> list[str]:
    """The GPUs that the driver's device files show and CUDA_VISIBLE_DEVICES allows."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [one for one in allowed.split(",") if one.strip() not in ("", "-1")]
    return sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))


def environment(gpus: Sequence[str]) -> dict[str, str]:
    """What to set before TensorFlow loads: one GPU that grows its memory, or none."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2"}
    if not gpus:
        return quiet | {"CUDA_VISIBLE_DEVICES": "-1"}
    return quiet | {"CUDA_VISIBLE_DEVICES": gpus[0], "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def describe(gpus: Sequence[str], hostname: Callable[[], Any]) -> dict[str, Any]:
    """What the worker says of its device."""
    return {"kind": "gpu" if gpus else "cpu", "gpus": list(gpus[:1]), "host": str(hostname())}
