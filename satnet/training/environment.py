"""What a result was computed with."""

import platform

import keras
import numpy as np
import tensorflow as tf

from satnet.records.schema import Environment


def use_threads(count: int) -> None:
    """Compute with `count` threads; to be called before the first computation, or RuntimeError is raised."""
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1 if count == 1 else 2)


def environment() -> Environment:
    """Versions, devices and threads of this process."""
    devices = [device.device_type for device in tf.config.list_physical_devices()]
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "device": "gpu" if "GPU" in devices else "cpu",
        "devices": devices,
        "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
    }
