"""Exported programs run by themselves, and reach what satnet reaches."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from satnet.script.program import to_script
from satnet.service.local import run_local
from satnet.spec import parse_spec
from satnet.spec.metrics import METRICS
from satnet.training.metrics import measured
from satnet.training.source import load_rows

SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}
SPECS = {
    "dense": {
        "dataset": {"name": "digits", "validation_fraction": 0.2},
        "layers": [
            {"type": "flatten"},
            {
                "type": "dense",
                "units": 32,
                "activation": {"name": "elu", "alpha": 0.5},
                "kernel_initializer": {"name": "variance_scaling", "scale": 2.0},
                "kernel_regularizer": {"name": "l1_l2", "l1": 1e-5, "l2": 1e-5},
                "batch_normalization": "before_activation",
                "repeat": 2,
            },
            {"type": "dropout", "rate": 0.1},
            SOFTMAX,
        ],
        "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        "training": {
            "epochs": 12,
            "batch_size": 64,
            "early_stopping": {"monitor": "validation.loss", "patience": 4, "restore_best_weights": True},
            "learning_rate_schedule": {"name": "reduce_on_plateau", "patience": 3},
        },
    },
    "convolution": {
        "dataset": {"name": "digits", "standardize": "per_feature", "train_size": 1200},
        "layers": [
            {"type": "conv2d", "filters": 8, "kernel_size": [3, 3], "padding": "same", "activation": "leaky_relu"},
            {"type": "average_pooling2d"},
            {"type": "flatten"},
            {"type": "maxout", "units": 16, "pieces": 2, "batch_normalization": "after_activation"},
            {"type": "layer_normalization"},
            SOFTMAX,
        ],
        "training": {
            "epochs": 8,
            "batch_size": 32,
            "learning_rate_schedule": {"name": "exponential_decay", "decay_steps": 100, "decay_rate": 0.9},
        },
    },
    "gaussian": {
        "dataset": {"name": "gaussian", "features": 40, "samples": 2000, "classes": 4, "standardize": "minmax"},
        "layers": [SOFTMAX | {"units": 4, "bias_initializer": {"name": "constant", "value": 0.1}}],
        "optimizer": {"name": "adam", "learning_rate": 0.05},
        "training": {"epochs": 30},
        "cross_validation": {"folds": 2},
    },
}


ONE_AFTER_ANOTHER = """
import runpy, sys
for name in sys.argv[1:]:
    print("program", name, flush=True)
    runpy.run_path(name, run_name="__main__")
"""


def printed(folder, *command):
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def result_in(output):
    results = [json.loads(line)["test"] for line in output.splitlines() if line.startswith("{")]
    return results[-1]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each program prints, of a process that imports Keras once for all of them."""
    folder = tmp_path_factory.mktemp("programs")
    for name, spec in SPECS.items():
        (folder / f"{name}.py").write_text(to_script(parse_spec(spec | {"seed": 3}), name))
    output = printed(folder, "-c", ONE_AFTER_ANOTHER, *(f"{name}.py" for name in SPECS))
    return dict(zip(SPECS, output.split("program ")[1:], strict=True))


@pytest.mark.parametrize("name", SPECS)
def test_program_reaches_the_same_accuracy_within_noise(name, outputs):
    # given
    spec = SPECS[name] | {"seed": 3}

    # when
    ours = run_local(spec, data_dir=Path("nowhere"))["summary"]["test"]
    theirs = result_in(outputs[name])

    # then 360 or 400 test rows: 0.1 is three standard errors of the difference at 0.7
    assert ours["accuracy"] > 0.65
    assert theirs["accuracy"] == pytest.approx(ours["accuracy"], abs=0.1 if name == "gaussian" else 0.05)


def test_program_of_a_regression_reaches_the_same_error_within_noise(tmp_path):
    # given
    spec = {
        "dataset": {"name": "diabetes", "standardize": "per_feature"},
        "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
        "loss": "mean_squared_error",
        "training": {"epochs": 40, "batch_size": 16},
        "seed": 3,
    }

    # when
    ours = run_local(spec, data_dir=Path("nowhere"))["summary"]["test"]
    (tmp_path / "program.py").write_text(to_script(parse_spec(spec), "regression"))
    theirs = result_in(printed(tmp_path, "program.py"))

    # then the losses are those of the standardized target
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=0.15)


def asking(name, **training):
    outputs, activation = {"diabetes": (1, "linear"), "spirals": (3, "softmax"), "xor": (1, "sigmoid")}[name]
    task = "regression" if name == "diabetes" else "classification"
    metrics = [metric for metric, traits in METRICS.items() if task in traits.tasks and metric != "top_k"]
    return {
        "dataset": {"name": name, "validation_fraction": 0.2},
        "layers": [{"type": "dense", "units": outputs, "activation": activation}],
        "training": {"epochs": 9, "metrics": metrics, **training},
        "seed": 3,
    }


@pytest.mark.parametrize(("name", "outputs"), [("diabetes", 1), ("spirals", 3), ("xor", 1)])
def test_program_measures_what_the_experiment_measures(name, outputs):
    # given labels and predictions
    spec, rng = parse_spec(asking(name)), np.random.default_rng(0)
    y = np.eye(3)[rng.integers(0, 3, 90)] if outputs == 3 else (rng.random((90, 1)) < 0.3).astype(float)
    predictions = np.clip(0.4 * y + 0.6 * rng.random(y.shape), 0, 1)
    units = (100.0, 20.0) if name == "diabetes" else ()

    # when
    functions, _, _ = to_script(spec, name).partition("\n\n\nx, y, x_test, y_test = load()")
    names = {}
    exec(functions, names)
    theirs = names["measure"](y, predictions, *units)

    # then
    task = "regression" if units else "classification"
    scales = {"target_mean": units[0], "target_std": units[1]} if units else {}
    assert theirs == pytest.approx(measured(spec.training.metrics, y, predictions, task, **scales))


def test_program_ends_by_a_metric_that_it_measures(tmp_path):
    # given a learning rate with which nothing moves
    stopping = {"monitor": "train.recall", "patience": 1}
    spec = asking("spirals", early_stopping=stopping) | {"optimizer": {"name": "sgd", "learning_rate": 1e-12}}

    # when
    script = to_script(parse_spec(spec), "spirals").replace("epochs=9", "epochs=9, initial_epoch=6")
    (tmp_path / "program.py").write_text(script)
    output = printed(tmp_path, "program.py")

    # then of three epochs two were trained
    assert set(spec["training"]["metrics"]) < set(result_in(output))
    assert output.count("val_recall") == 2


def loaded(spec):
    """The rows that the program of `spec` loads, without training on them."""
    functions, _, _ = to_script(spec, "rows").partition("\n\n\nx, y, x_test, y_test = load()")
    names = {}
    exec(functions, names)
    return names["load"]()


@pytest.mark.parametrize(
    ("dataset", "outputs"),
    [
        ({"name": "digits", "split_seed": 9}, 10),
        ({"name": "diabetes", "train_size": 200}, 1),
        ({"name": "gaussian", "samples": 200, "features": 3}, 10),
        ({"name": "xor", "test_size": 50}, 1),
        ({"name": "spirals", "samples": 90, "split_seed": 2}, 3),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_program_has_the_training_and_test_rows_of_the_experiment(dataset, outputs):
    # given
    spec = parse_spec(
        {
            "dataset": dataset,
            "layers": [{"type": "flatten"}, {"type": "dense", "units": outputs}],
            "loss": "mean_squared_error",
            "seed": 3,
        }
    )

    # when
    train, test = load_rows(spec, Path("nowhere"))

    # then
    for ours, theirs in zip((train.x, train.y, test.x, test.y), loaded(spec), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_program_leaves_rows_of_a_file_out_as_the_experiment_does(tmp_path):
    # given
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 4)), np.arange(60) % 3
    np.savez(tmp_path / "rows.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    body = {
        "dataset": {"path": str(tmp_path / "rows.npz"), "train_size": 20},
        "layers": [{"type": "dense", "units": 3, "activation": "softmax"}],
        "seed": 3,
    }
    spec = parse_spec(body, allow_path=True)

    # when
    train, test = load_rows(spec, tmp_path)

    # then
    for ours, theirs in zip((train.x, train.y, test.x, test.y), loaded(spec), strict=True):
        np.testing.assert_array_equal(ours, theirs)
