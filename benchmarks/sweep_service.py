"""Sweeps and folds at a real service: a grid against the plain Keras loop, two workers against one, 1,000 trials.

    .venv/bin/python benchmarks/sweep_service.py [grid | workers | folds | thousand]

Starts and stops `satnet up` itself.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from satnet import Client
from satnet.service.ports import free_port

RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3]
INITIALIZERS = [
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "random_normal",
    "random_uniform",
]
BASE = {
    "dataset": {"name": "digits", "validation_fraction": 0.2},
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 25, "activation": "tanh"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "training": {"epochs": 10, "batch_size": 64},
    "seed": 1,
}
GRID = {
    "base": BASE,
    "parameters": {"/optimizer/learning_rate": RATES, "/layers/1/kernel_initializer": INITIALIZERS},
    "reuse": False,
}
LOOP = """
import os, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
x, y = load_digits(return_X_y=True)
x, x_validation, y, y_validation = train_test_split((x - x.mean()) / x.std(), y, test_size=0.36, random_state=1)
began = time.perf_counter()
for rate in {rates}:
    for initializer in {initializers}:
        model = keras.Sequential([
            keras.layers.Dense(25, "tanh", kernel_initializer=initializer), keras.layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=64, epochs=10, verbose=0, validation_data=(x_validation, y_validation))
print(time.perf_counter() - began)
"""


@contextlib.contextmanager
def service(workers: int, **environment: str) -> Iterator[Client]:
    """`satnet up`, warm: every worker has run something."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "satnet.cli", "up", "--port", str(port), "--data", folder]
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment,
        )
        try:
            while b"ready" not in (process.stdout.readline() if process.stdout else b"ready"):
                pass
            with Client(f"http://127.0.0.1:{port}") as client:
                while len(client.request("GET", "/v1/workers").json()["data"]) < workers:
                    time.sleep(0.2)
                yield client
        finally:
            process.terminate()
            process.wait(60)


def seconds(client: Client, sweep: dict) -> float:
    """From POST to the end."""
    began = time.perf_counter()
    document = client.sweeps.create(sweep)
    while not document["is_terminal"]:
        time.sleep(0.2)  # each reading costs the cores that train a few milliseconds
        document = client.sweeps.get(document["id"])
    if document["status"] != "succeeded" or document["progress"]["failed"]:
        raise SystemExit(f"{document['id']}: {document['progress']}")
    return time.perf_counter() - began


def grid(rounds: int) -> None:
    """64 trials of 10 epochs on one warm worker, beside the loop that one would write; interleaved."""
    loop = LOOP.format(rates=RATES, initializers=INITIALIZERS)
    ours, alone, theirs = [], [], []
    with service(1) as client:
        for kind in (GRID, GRID | {"side_by_side": False}):
            seconds(client, kind)
        for _ in range(rounds):
            ours.append(seconds(client, GRID))
            alone.append(seconds(client, GRID | {"side_by_side": False}))
            done = subprocess.run([sys.executable, "-c", loop], capture_output=True, text=True, check=True)
            theirs.append(float(done.stdout.split()[-1]))
    one, two, three = (statistics.median(times) for times in (ours, alone, theirs))
    print(f"64 trials: side by side {one:.1f} s, one after another {two:.1f} s, plain Keras loop {three:.1f} s")
    print(f"side by side against the loop {three / one:.1f} x, one after another against the loop {three / two:.1f} x")


def workers(rounds: int) -> None:
    """32 trials that cannot be grouped, one thread a worker."""
    sweep = {
        "base": BASE | {"training": {"epochs": 40, "batch_size": 16}},
        "parameters": {"/optimizer/learning_rate": RATES, "/layers/1/kernel_initializer": INITIALIZERS[:4]},
        "side_by_side": False,
        "reuse": False,
    }
    medians = {}
    for count in (1, 2):
        with service(count, SATNET_THREADS="1") as client:
            seconds(client, sweep)
            medians[count] = statistics.median(seconds(client, sweep) for _ in range(rounds))
    print(f"32 trials: one worker {medians[1]:.1f} s, two workers {medians[2]:.1f} s, {medians[1] / medians[2]:.2f} x")


def folds(rounds: int) -> None:
    """One experiment of 8 folds, one thread a worker."""
    spec = BASE | {
        "dataset": {"name": "digits"},
        "cross_validation": {"folds": 8},
        "training": {"epochs": 60, "batch_size": 8},
    }
    medians = {}
    for count in (1, 2):
        with service(count, SATNET_THREADS="1") as client:
            times = []
            for seed in range(1 + rounds):
                began = time.perf_counter()
                ended = client.experiments.create(spec | {"seed": seed}).wait(300)
                times.append(time.perf_counter() - began)
                helped = sum(fold["worker"] is not None for fold in ended["summary"]["folds"])
            medians[count] = statistics.median(times[1:])
            print(f"{count} workers: {medians[count]:.2f} s, {helped} folds by the second one")
    print(f"8 folds: {medians[1] / medians[2]:.2f} x")


def thousand() -> None:
    """1,000 trials that wait for a worker that there is not."""
    body = {
        "base": BASE | {"resources": {"device": "gpu"}},
        "parameters": {"/optimizer/learning_rate": {"log_uniform": [1e-4, 1e-1]}},
        "search": "random",
        "trials": 1000,
    }
    with service(1) as client:
        began = time.perf_counter()
        document = client.sweeps.create(body)
        submitted = time.perf_counter() - began
        sweep_id = document["id"]
        if document["progress"]["queued"] != 1000:
            raise SystemExit(str(document["progress"]))
        times: dict[str, list[float]] = {}
        for _ in range(50):
            for name, ask in (
                (
                    "list",
                    lambda: client.request("GET", "/v1/experiments", params={"sweep": sweep_id, "limit": 20}),
                ),
                ("trials", lambda: client.sweeps.trials(sweep_id)),
                ("best", lambda: client.sweeps.best(sweep_id)),
                ("sweep", lambda: client.sweeps.get(sweep_id)),
            ):
                asked = time.perf_counter()
                ask()
                times.setdefault(name, []).append(1000 * (time.perf_counter() - asked))
        began = time.perf_counter()
        over = client.sweeps.cancel(sweep_id)
        cancelled = time.perf_counter() - began
        if over["progress"]["cancelled"] != 1000:
            raise SystemExit(str(over["progress"]))
    print(f"1,000 trials: submitted in {submitted:.2f} s, cancelled in {cancelled:.2f} s")
    print(", ".join(f"{name} {statistics.median(one):.0f} ms" for name, one in times.items()) + " (medians of 50)")


def main() -> None:
    """One of them, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=("grid", "workers", "folds", "thousand"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.what in (None, "thousand"):
        thousand()
    if arguments.what in (None, "grid"):
        grid(arguments.rounds)
    if arguments.what in (None, "workers"):
        workers(arguments.rounds)
    if arguments.what in (None, "folds"):
        folds(arguments.rounds)


if __name__ == "__main__":
    main()
