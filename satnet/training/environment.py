"""What a result was computed with."""

import platform
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def environment() -> dict[str, Any]:
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
