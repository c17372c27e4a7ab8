"""What every runner trains: 60,000 x 784 rows and the networks by name; needs nothing but NumPy."""

import sys
import time
from collections.abc import Callable

import numpy as np

ROWS, FEATURES, CLASSES, PROBED = 60_000, 784, 10, 1024
TURN = 1.0  # seconds
SHORT = 4_000  # steps of batch size 1 that slow runners take; their time is scaled to 60,000
WORK = {
    "784-25-10, batch 1, sgd": {"hidden": [(25, "tanh")], "optimizer": "sgd", "batch": 1},
    "784-25-10, batch 64, sgd": {"hidden": [(25, "tanh")], "optimizer": "sgd", "batch": 64},
    "784-25-10, batch 64, adam": {"hidden": [(25, "tanh")], "optimizer": "adam", "batch": 64},
    "784-256-128-10, batch 64, adam": {"hidden": [(256, "relu"), (128, "relu")], "optimizer": "adam", "batch": 64},
    "8 x 100 sigmoid, batch 64, adam": {"hidden": [(100, "sigmoid")] * 8, "optimizer": "adam", "batch": 64},
    "batch norm 64-64, batch 64, adam": {
        "hidden": [(64, "relu")] * 2,
        "optimizer": "adam",
        "batch": 64,
        "batch_norm": True,
    },
    "dropout 64, batch 64, adam": {"hidden": [(64, "relu")], "optimizer": "adam", "batch": 64, "dropout": 0.3},
    "convolution 16-32-64, batch 64, adam": {
        "hidden": [],
        "filters": [16, 32, 64],
        "optimizer": "adam",
        "batch": 64,
    },
}
RATES = {"sgd": 0.01, "adam": 0.001}  # Keras's defaults


def pixels() -> tuple[np.ndarray, np.ndarray]:
    """Random pictures as files hold them: bytes (rows, 784), and the class of each row."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (ROWS, FEATURES)).astype(np.uint8), rng.integers(0, CLASSES, ROWS)


def floats() -> tuple[np.ndarray, np.ndarray]:
    """The same, standardized: float32."""
    x, y = pixels()
    return ((x - x.mean(dtype=np.float64)) / x.std(dtype=np.float64)).astype(np.float32), y


def one_hot(y: np.ndarray) -> np.ndarray:
    """(rows, classes), float32."""
    return np.eye(CLASSES, dtype=np.float32)[y]


def serve(epoch: Callable[[], object], scale: float = 1.0) -> None:
    """Run epochs for a second, or one, for each line that comes in, and tell the seconds that one took.

    A turn is as long as that because training runs epoch after epoch, and the first one after others had the machine
    finds its caches cold. `scale`: where `epoch` is only a part of one.
    """
    print("ready", flush=True)
    for _ in sys.stdin:
        count, began = 0, time.perf_counter()
        while not count or time.perf_counter() - began < TURN:
            epoch()
            count += 1
        print((time.perf_counter() - began) / count * scale, flush=True)
