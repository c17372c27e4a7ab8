"""The deadline while XLA or Keras is at work, and training comes back to nobody."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests.store.test_store import submit
from worker.lease import KILLED

PROGRAM = """
from satnet.settings import Settings
from satnet.store import Store
from satnet.training.run import train
from worker.single import run_attempt

settings = Settings()
store = Store(settings)
grant = store.claim(["default"], "w", "n")
run_attempt(store, settings, grant, train)
"""
CONVOLUTION = {"type": "conv2d", "filters": 16, "kernel_size": 3, "padding": "same", "activation": "gelu", "repeat": 60}


def test_a_network_that_takes_minutes_to_build_ends_in_its_seconds(store, settings):
    # given
    layers = [
        {"type": "reshape", "target_shape": [16, 16, 1]},
        CONVOLUTION | {"batch_normalization": "before_activation"},
        {"type": "global_average_pooling2d"},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ]
    rows = {"name": "gaussian", "samples": 64, "features": 256, "classes": 2}
    more = {"loss": "categorical_crossentropy", "resources": {"max_seconds": 1}}
    experiment_id, _ = submit(store, dataset=rows, layers=layers, **more)
    environment = {
        "SATNET_REDIS_URL": settings.redis_url,
        "SATNET_DATA_DIR": str(settings.data_dir),
        "SATNET_DEADLINE_GRACE": "PT0.5S",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }

    # when
    root = Path(__file__).parents[2]
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | environment, cwd=root, capture_output=True, timeout=120
    )

    # then
    assert process.returncode == KILLED, process.stderr[-2000:]
    told = store.get(experiment_id)
    (attempt,) = told["attempts"]
    taken = datetime.fromisoformat(attempt["ended_at"]) - datetime.fromisoformat(attempt["started_at"])
    assert told["status_reason"]["code"] == "deadline_exceeded"
    assert taken.total_seconds() < 10
