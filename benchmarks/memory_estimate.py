"""The memory that an experiment is estimated to need, beside the peak that its training is measured to take.

    .venv/bin/python benchmarks/memory_estimate.py [NAME ...]

Each spec trains one epoch in a process of its own, one after another, and its model is written as a worker writes it.
Measured is the process's largest resident size, less that of a process that has TensorFlow loaded and ran a step.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from satnet.spec import parse_spec, plan_network
from satnet.spec.budget import cost

BASE = "TensorFlow loaded, nothing else"


def dense(*units: int, **more: Any) -> list[dict[str, Any]]:
    """Tanh layers, each with `more`, and a softmax over two classes."""
    hidden = [{"type": "dense", "units": count, "activation": "tanh", **more} for count in units]
    return [*hidden, {"type": "dense", "units": 2, "activation": "softmax"}]


def images(side: int, *filters: int, activation: str = "relu", **more: Any) -> list[dict[str, Any]]:
    """Convolutions over square images, and a softmax over two classes."""
    hidden = [
        {"type": "conv2d", "filters": count, "kernel_size": 3, "padding": "same", "activation": activation, **more}
        for count in filters
    ]
    shape = {"type": "reshape", "target_shape": [side, side, 1]}
    return [shape, *hidden, {"type": "global_average_pooling2d"}, *dense()]


def spec(samples: int, features: int, layers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Gaussian rows of two classes, one epoch."""
    rows = {"name": "gaussian", "samples": samples, "features": features, "classes": 2}
    return {"dataset": rows, "layers": layers, "training": {"epochs": 1}, "seed": 1, **more}


def training(**more: int) -> dict[str, Any]:
    """One epoch."""
    return {"training": {"epochs": 1, **more}}


NORMALIZED = {"batch_normalization": "before_activation"}
SPECS: dict[str, dict[str, Any]] = {
    "dense, small": spec(4096, 784, dense(64)),
    "dense, deep": spec(4096, 100, dense(*[128] * 20)),
    "dense, wide": spec(4096, 256, dense(4096)),
    "dense, two wide layers": spec(2048, 512, dense(2048, 2048)),
    "many parameters": spec(1000, 1000, dense(6000, 3000)),
    "many parameters, sgd": spec(1000, 1000, dense(6000, 3000), optimizer="sgd"),
    "maxout": spec(4096, 256, [{"type": "maxout", "units": 512, "pieces": 4}, *dense()]),
    "batch normalization": spec(8192, 256, dense(512, 512, 512, **NORMALIZED)),
    "dropout": spec(8192, 256, [*dense(1024)[:1], {"type": "dropout", "rate": 0.5}, *dense()]),
    "many rows": spec(200_000, 200, dense(32)),
    "many features": spec(2000, 50_000, dense(16)),
    "large rows and batches": spec(40_000, 1000, dense(32), **training(batch_size=4096)),
    "large batch": spec(40_000, 64, dense(1024, 1024), **training(batch_size=16_384)),
    "large probe": spec(40_000, 64, dense(512, 512), saturation={"probe_size": 32_768}),
    "folds": spec(40_000, 400, dense(64), cross_validation={"folds": 3}),
    "validation rows": spec(60_000, 300, dense(128)),
    "convolution, tanh": spec(1000, 784, images(28, 16, activation="tanh")),
    "convolution, deep": spec(1000, 784, images(28, *[16] * 6)),
    "convolution, wide": spec(600, 1024, images(32, 64, 64), saturation={"probe_size": 256}),
    "convolution, normalized": spec(1000, 784, images(28, 32, 32, **NORMALIZED)),
}
# The constants of satnet.spec.memory were fitted to those above, and to none of these.
SPECS |= {
    "not fitted: gelu convolutions": spec(2000, 400, images(20, 24, 24, activation="gelu")),
    "not fitted: elu, momentum": spec(
        30_000,
        500,
        [{"type": "dense", "units": 700, "activation": "elu"}, *dense(300)],
        optimizer={"name": "rmsprop", "learning_rate": 0.001, "momentum": 0.9},
        saturation={"probe_size": 10_000},
    ),
    "not fitted: digits, folds": {
        "dataset": {"name": "digits"},
        "layers": [{"type": "flatten"}, *dense(200, 200)[:2], {"type": "dense", "units": 10, "activation": "softmax"}],
        "training": {"epochs": 1},
        "cross_validation": {"folds": 5},
        "seed": 1,
    },
}
SPECS["validation rows"]["dataset"]["validation_fraction"] = 0.2


def child(name: str) -> None:
    """Train, and tell the peak in bytes."""
    import keras  # noqa: F401 - the base has it too
    import tensorflow as tf

    tf.function(lambda x: x @ x, jit_compile=True)(tf.ones((8, 8)))
    if name != BASE:
        from satnet.training.run import train

        with tempfile.TemporaryDirectory() as folder:
            train(
                parse_spec(SPECS[name]),
                data_dir=Path(folder),
                on_epoch=lambda _: None,
                keep_model=lambda path: path.stat().st_size,
            )
    print(json.dumps(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def measured(name: str) -> int:
    """The peak of a fresh process."""
    done = subprocess.run([sys.executable, __file__, "--child", name], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


def main() -> None:
    """A line of Markdown a spec."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2])
        return
    base = measured(BASE)
    print(f"base: {base / 1e6:.0f} MB\n\n| spec | estimate, MB | measured, MB | ratio |\n| --- | --- | --- | --- |")
    for name in sys.argv[1:] or SPECS:
        one = parse_spec(SPECS[name])
        needed = cost(one, plan_network(one))
        if needed is None:
            raise ValueError(f"{name}: its rows are not known")
        estimate, peak = needed.memory.peak, measured(name) - base
        print(f"| {name} | {estimate / 1e6:.0f} | {peak / 1e6:.0f} | {estimate / peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
