"""Peak resident memory of a process that trains 60,000 x 784, beside stock Keras on the same rows.

    .venv/bin/python benchmarks/memory.py

Rows as an image file has them (bytes), and as floats. Each kind trains in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = 60_000
KINDS = ("satnet, bytes", "satnet, floats", "Keras fit, floats", "TensorFlow imported, nothing else")


def child(kind: str, folder: str) -> None:
    """Train, and tell the peak in MB."""
    import keras

    if kind.startswith("satnet"):
        from satnet.spec import parse_spec
        from satnet.training.run import train

        layers = [{"type": "dense", "units": 25, "activation": "tanh"}]
        layers.append({"type": "dense", "units": 10, "activation": "softmax"})
        body = {"dataset": {"path": f"{folder}/{kind.split()[-1]}.npz"}, "layers": layers, "seed": 1}
        spec = parse_spec(body | {"training": {"epochs": 2}}, allow_path=True)
        train(spec, data_dir=Path(folder), on_epoch=lambda _: None)
    elif kind.startswith("Keras"):
        with np.load(f"{folder}/floats.npz") as rows:
            x, y = rows["x_train"], rows["y_train"]
        model = keras.Sequential([keras.layers.Dense(25, "tanh"), keras.layers.Dense(10, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit((x - x.mean()) / x.std(), y, batch_size=64, epochs=2, verbose=0)
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> None:
    """A line a kind."""
    if len(sys.argv) == 3:
        child(*sys.argv[1:])
        return
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        x, y = rng.integers(0, 256, (ROWS, 784)).astype(np.uint8), rng.integers(0, 10, ROWS)
        for name, rows in (("bytes", x), ("floats", x.astype(np.float32))):
            np.savez(f"{folder}/{name}.npz", x_train=rows, y_train=y, x_test=rows[:1000], y_test=y[:1000])
        for kind in KINDS:
            done = subprocess.run([sys.executable, __file__, kind, folder], capture_output=True, text=True, check=True)
            print(f"{kind}: {float(done.stdout.splitlines()[-1]):.0f} MB", flush=True)


if __name__ == "__main__":
    main()
