"""How often the diagnosis finds a planted fault, alarms on a healthy run, and has a first remedy that helps.

    make bench-diagnosis

Twenty planted faults and twenty healthy networks, five seeds each, on digits and on MNIST (`datasets/mnist.npz` in
`$SATNET_DATA_DIR`; without it, its part is left out and the table says so). The first remedy of each planted finding is
applied and trained with the same seeds; pairs of seeds decide, as in `GET /v1/compare`.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jsonpatch

from satnet import presets
from satnet.records.comparison import compare
from satnet.settings import get_settings

SEEDS = range(5)
DIGITS = {"name": "digits", "validation_fraction": 0.2}
MNIST = {"name": "mnist", "validation_fraction": 0.2, "train_size": 5000, "test_size": 1000}
FLATTEN = {"type": "flatten"}
SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax", "kernel_initializer": "glorot_uniform"}
Spec = dict[str, Any]


def dense(units: int, activation: str, kernel: Any, **more: Any) -> Spec:
    """A dense layer."""
    return {"type": "dense", "units": units, "activation": activation, "kernel_initializer": kernel} | more


def normal(stddev: float) -> Spec:
    """N(0, stddev)."""
    return {"name": "random_normal", "mean": 0.0, "stddev": stddev}


def sgd(rate: float, **more: Any) -> Spec:
    """Gradient descent."""
    return {"name": "sgd", "learning_rate": rate} | more


def spec(data: Spec, *hidden: Spec, optimizer: Any = "adam", epochs: int = 8, batch: int = 64, **more: Any) -> Spec:
    """A classifier of ten classes."""
    return {
        "dataset": data,
        "layers": [FLATTEN, *hidden, SOFTMAX],
        "optimizer": optimizer,
        "training": {"epochs": epochs, "batch_size": batch},
    } | more


def preset(name: str) -> Spec:
    """A preset without its seed, with rows held out."""
    content = presets.load(name)
    content["dataset"] = {"validation_fraction": 0.2} | content["dataset"]
    return content


def faults() -> dict[str, tuple[str, Spec]]:
    """Name -> the rule that must fire, and the spec."""
    tanh, relu = dense(25, "tanh", "glorot_uniform"), dense(25, "relu", "he_normal")
    raw = MNIST | {"standardize": "none"}
    low = {"name": "constant", "value": -8.0}
    wide = {"name": "variance_scaling", "scale": 6.0, "mode": "fan_in", "distribution": "untruncated_normal"}
    half = {"name": "variance_scaling", "scale": 0.3, "mode": "fan_avg", "distribution": "uniform"}
    output = [FLATTEN, tanh, dense(10, "sigmoid", normal(5.0))]
    return {
        "digits: weights of N(0, 1)": ("saturated_at_start", spec(DIGITS, dense(25, "tanh", normal(1.0)))),
        "digits: raw input": ("input_not_standardized", preset("raw-digits")),
        "digits: sigmoid collapse": ("sigmoid_collapse", preset("sigmoid-collapse")),
        "digits: vanishing by gates": ("vanishing_gradient", preset("vanishing-by-gates")),
        "digits: vanishing by weights": ("vanishing_gradient", preset("vanishing-by-weights")),
        "digits: dying ReLU": ("dying_relu", preset("dying-relu")),
        "digits: born dead": ("born_dead", preset("born-dead")),
        "digits: saturated output": ("loss_mismatch", preset("saturated-output")),
        "digits: steps too large": ("learning_rate_high", preset("learning-rate-high")),
        "digits: steps too small": ("learning_rate_low", preset("learning-rate-low")),
        "digits: exploding": ("exploding_gradient", preset("exploding")),
        "digits: equal weights": ("symmetric_weights", preset("symmetric-weights")),
        "gaussian: overfitting": ("overfitting", preset("overfitting")),
        "mnist: raw input": ("input_not_standardized", spec(raw, tanh, epochs=5)),
        "mnist: weights of N(0, 0.3)": ("saturated_at_start", spec(MNIST, dense(25, "tanh", normal(0.3)), epochs=5)),
        "mnist: vanishing by gates": (
            "vanishing_gradient",
            spec(MNIST, dense(50, "sigmoid", "glorot_uniform", repeat=6), optimizer=sgd(0.1), epochs=5),
        ),
        "mnist: vanishing by weights": (
            "vanishing_gradient",
            spec(MNIST, dense(50, "tanh", half, repeat=12), optimizer=sgd(0.1), epochs=5),
        ),
        "mnist: dying ReLU": ("dying_relu", spec(MNIST, relu, relu, optimizer=sgd(2.0), epochs=5)),
        "mnist: born dead": ("born_dead", spec(MNIST, relu | {"bias_initializer": low}, epochs=5)),
        "mnist: exploding": (
            "exploding_gradient",
            spec(
                MNIST, dense(50, "relu", wide, repeat=14), optimizer={"name": "adam", "learning_rate": 1e-4}, epochs=5
            ),
        ),
        "mnist: saturated output": (
            "loss_mismatch",
            spec(MNIST, optimizer=sgd(0.01), epochs=5, layers=output, loss="mean_squared_error"),
        ),
    }


def healthy() -> dict[str, Spec]:
    """Name -> a spec on which nobody should be alarmed."""
    conv = {
        "type": "conv2d",
        "kernel_size": 3,
        "padding": "same",
        "activation": "relu",
        "kernel_initializer": "he_normal",
    }
    after, before = {"batch_normalization": "after_activation"}, {"batch_normalization": "before_activation"}
    relu, tanh = dense(32, "relu", "he_normal"), dense(32, "tanh", "glorot_uniform")
    pooled = [conv | {"filters": 8}, {"type": "max_pooling2d"}, FLATTEN, SOFTMAX]
    drop = {"type": "dropout", "rate": 0.2}
    specs = {}
    for name, data in (("digits", DIGITS), ("mnist", MNIST)):
        specs |= {
            f"{name}: He and ReLU, adam": spec(data, relu, relu),
            f"{name}: He and ReLU, sgd 0.1": spec(data, relu, relu, optimizer=sgd(0.1)),
            f"{name}: Glorot and tanh, adam": spec(data, tanh, tanh),
            f"{name}: Glorot and tanh, momentum": spec(data, tanh, tanh, optimizer=sgd(0.05, momentum=0.9)),
            f"{name}: batch norm after tanh": spec(data, tanh | after, tanh | after),
            f"{name}: batch norm before ReLU": spec(data, relu | before, relu | before),
            f"{name}: one sigmoid layer": spec(data, dense(32, "sigmoid", "glorot_uniform")),
            f"{name}: selu and elu, dropout": spec(
                data, dense(32, "selu", "lecun_normal"), drop, dense(32, "elu", "he_normal")
            ),
            f"{name}: convolution": spec(data, layers=pooled, optimizer={"name": "adam", "learning_rate": 0.003}),
            f"{name}: one wide ReLU layer, rmsprop": spec(data, dense(128, "relu", "he_normal"), optimizer="rmsprop"),
        }
    return specs


def run(job: tuple[str, Spec, str]) -> dict[str, Any]:
    """One training run in a process of the pool; what is needed of its document."""
    from satnet.service.local import run_local

    name, content, data_dir = job
    document = run_local(content, data_dir=Path(data_dir))
    kept = ("id", "name", "status", "is_terminal", "status_reason", "seed", "summary", "findings", "spec")
    return {"job": name} | {key: document[key] for key in kept} | {"parent": None, "epochs": []}


def judged(pool: Any, rule: str, documents: list[dict[str, Any]], data_dir: str) -> tuple[str, str]:
    """Apply the first remedy of the planted finding, train it with the same seeds, and compare."""
    finding = next((one for one in documents[0]["findings"] if one["rule"] == rule), None)
    if finding is None or not finding["remedies"]:
        return "no remedy", ""
    patch = finding["remedies"][0]["patch"]
    jobs = [
        ("remedy", jsonpatch.apply_patch(document["spec"], patch) | {"seed": document["seed"]}, data_dir)
        for document in documents
    ]
    parent = {"experiment": documents[0]["id"], "finding": finding["id"], "patch": patch}
    after = [one | {"parent": parent | {"role": "remedy"}} for one in pool.map(run, jobs)]
    before = [documents[0], *[one | {"parent": parent | {"role": "baseline"}} for one in documents[1:]]]
    verdict = compare([*before, *after])["verdict"]
    numbers = verdict["numbers"]
    gain = "" if numbers is None else f"{numbers['before']:.3f} -> {numbers['after']:.3f}"
    return str(verdict["verdict"]), gain


def main() -> None:
    """Run all, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    data_dir = str(get_settings().data_dir)
    mnist = (Path(data_dir) / "datasets" / "mnist.npz").exists()
    if not mnist:
        print("no datasets/mnist.npz in SATNET_DATA_DIR: its part is left out", file=sys.stderr)
    planted = {name: one for name, one in faults().items() if mnist or not name.startswith("mnist")}
    well = {name: one for name, one in healthy().items() if mnist or not name.startswith("mnist")}
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        seeds = range(arguments.seeds)
        jobs = [(name, content | {"seed": seed}, data_dir) for name, (_, content) in planted.items() for seed in seeds]
        jobs += [(name, content | {"seed": seed}, data_dir) for name, content in well.items() for seed in seeds]
        by_name: dict[str, list[dict[str, Any]]] = {}
        for document in pool.map(run, jobs):
            by_name.setdefault(document["job"], []).append(document)
        report(pool, planted, well, by_name, data_dir)


def report(pool: Any, planted: Any, well: Any, by_name: dict[str, list[dict[str, Any]]], data_dir: str) -> None:
    """The tables, in Markdown."""
    recalled = runs = helped = 0
    print("| planted fault | rule | found | first remedy | verdict | before -> after |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (rule, _) in planted.items():
        documents = by_name[name]
        hits = sum(any(one["rule"] == rule for one in document["findings"]) for document in documents)
        finding = next((one for one in documents[0]["findings"] if one["rule"] == rule), {"remedies": []})
        cure = finding["remedies"][0]["patch"] if finding["remedies"] else []
        verdict, gain = judged(pool, rule, documents, data_dir)
        recalled, runs, helped = recalled + hits, runs + len(documents), helped + (verdict == "helped")
        parts = [f"{one['path']} = {json.dumps(one.get('value'))}" for one in cure]
        print(f"| {name} | {rule} | {hits} of {len(documents)} | {'; '.join(parts)} | {verdict} | {gain} |", flush=True)
    alarms = total = 0
    print("\n| healthy network | false alarms | accuracy |\n| --- | --- | --- |")
    for name in well:
        documents = by_name[name]
        wrong = [[one["id"] for one in document["findings"] if one["severity"] != "info"] for document in documents]
        alarms, total = alarms + sum(map(bool, wrong)), total + len(documents)
        accuracies = [document["summary"]["final"]["validation"]["accuracy"] for document in documents]
        names = sorted({one for ids in wrong for one in ids})
        mean = sum(accuracies) / len(accuracies)
        print(f"| {name} | {sum(map(bool, wrong))} of {len(documents)} {', '.join(names)} | {mean:.3f} |", flush=True)
    print(f"\nrecall {recalled}/{runs} = {recalled / runs:.1%}")
    print(f"runs of healthy networks with an alarm {alarms}/{total} = {alarms / total:.1%}")
    print(f"first remedies that helped {helped}/{len(planted)} = {helped / len(planted):.1%}")


if __name__ == "__main__":
    main()
