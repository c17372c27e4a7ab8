"""Which device a worker uses; decided before TensorFlow is loaded."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from satnet.settings import Settings

_CHOSEN = "SATNET_WORKER_GPU"  # handed from the parent to its spawned child, no setting of a user's


def visible_gpus(devices: Path = Path("/dev")) -> list[str]:
    """The GPUs that the driver's device files show and CUDA_VISIBLE_DEVICES allows."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [one.strip() for one in allowed.split(",") if one.strip() not in ("", "-1")]
    gpus = [path.name.removeprefix("nvidia") for path in devices.glob("nvidia[0-9]*")]
    return sorted(gpus, key=int)


def cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """The cores that this process may use: its affinity, or its container's quota where that is less."""
    count = len(os.sched_getaffinity(0))
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return count
    return count if quota == "max" else max(1, min(count, int(quota) // int(period)))


def threads(settings: Settings) -> int:
    """TensorFlow's threads in this worker: what the setting says, or its share of the cores."""
    return settings.threads or max(1, cores() // settings.workers)


def choose(gpus: Sequence[str], take: Callable[[str], bool]) -> str | None:
    """The first GPU whose lease `take` grants; None where there is none, or all are taken."""
    return next((gpu for gpu in gpus if take(gpu)), None)


def environment(gpu: str | None) -> dict[str, str]:
    """What to set before TensorFlow loads: one GPU that grows its memory, or none."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", _CHOSEN: gpu or ""}
    if gpu is None:
        return quiet | {"CUDA_VISIBLE_DEVICES": "-1"}
    return quiet | {"CUDA_VISIBLE_DEVICES": gpu, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def chosen() -> str | None:
    """The GPU that the parent chose."""
    return os.environ.get(_CHOSEN) or None


def kind() -> str:
    """Cpu or gpu, as in `resources.device`."""
    return "gpu" if chosen() else "cpu"


def describe(host: str) -> dict[str, object]:
    """What the worker says of its device."""
    return {"kind": kind(), "gpu": chosen(), "host": host}
