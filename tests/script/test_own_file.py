"""The program of a table reads the same file, and has the same rows and inputs."""

import json
import subprocess
import sys
from functools import partial

import numpy as np
import pandas
import pytest

from satnet.script.own_file import OwnFile
from satnet.script.program import to_script
from satnet.spec import parse_spec
from satnet.spec.datasets import ResolvedData, Split
from satnet.spec.table_plan import EncodedColumn, TablePlan
from satnet.training import row_cache
from satnet.training.data import prepare
from satnet.training.own_data import table_rows
from satnet.training.run import train
from satnet.training.source import own_source
from satnet.training.splits import folds

CITIES, CODES = ("Bonn", "Köln", "Ulm", "Rom"), ("1", "3")


@pytest.fixture
def frame(tmp_path):
    """A table with text, codes and empty cells, written with semicolons and decimal commas."""
    rng, rows = np.random.default_rng(0), 400
    age, city = rng.normal(40, 10, rows), np.array(CITIES[:3])[rng.integers(0, 3, rows)]
    frame = pandas.DataFrame(
        {
            "age": age,
            "city": city,
            "code": rng.choice([1, 3], rows),
            "price": rng.normal(3e5, 1e5, rows),
            "bought": np.where(age + 10 * (city == "Ulm") > 42, "yes", "no"),
            "patient": np.arange(rows) // 5,
            "day": rng.permutation(rows),
            "part": np.array(["train", "Validation", "test", "train"])[np.arange(rows) % 4],
            "importance": rng.uniform(0, 2, rows),
        }
    )
    frame.loc[::9, "age"] = np.nan
    frame.loc[::7, "city"] = None
    frame.to_csv(tmp_path / "people.csv", sep=";", decimal=",", index=False)
    return frame


def own_file(missing="median", split=None, weight=None, task="classification"):
    marked = missing == "indicator"
    columns = (
        EncodedColumn("age", "number", (), marked),
        EncodedColumn("city", "categories", CITIES, marked),
        EncodedColumn("code", "categories", CODES),
    )
    classes = ("no", "yes") if task == "classification" else None
    targets = ("bought",) if task == "classification" else ("price", "importance")
    plan = TablePlan(columns, targets, task, classes, missing, weight, split)
    named = split is not None and split.column is not None
    return OwnFile("people.csv", "ab12", plan, named, {"format": "csv", "delimiter": ";", "decimal": ","})


def spec_of(own, **more):
    """The spec as a service would have resolved it."""
    plan = own.plan
    names = None if plan.classes is None else list(plan.classes)
    resolved = ResolvedData(
        task=plan.task, reason="", input_shape=[plan.width], classes=names and 2, class_names=names,
        targets=1 if names else 2, train_rows=320, test_rows=80,
    )  # fmt: skip
    dataset = {"name": "xor", "standardize": "per_feature"} | more.pop("dataset", {})
    output = {"units": 2, "activation": "softmax"} if names else {"units": 2}
    layers = [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", **output}]
    spec = parse_spec({"dataset": dataset, "layers": layers, "seed": 3} | more)
    own_fields = {"split": plan.split, "resolved": resolved, "missing": plan.missing}
    return spec.model_copy(update={"dataset": spec.dataset.model_copy(update=own_fields)})


def prepared(spec, own, frame):
    """What training would train on, in the program's order of the inputs: numbers, categories, marks."""
    source = own_source(spec, table_rows(frame, spec.dataset.resolved, own.plan))
    (_, index, held_out), *_ = folds(spec, source.train.y, source.parts)
    validation = None if held_out is None else source.train.take(held_out)
    data = prepare(spec, source.train.take(index), validation, source.test, 2, source.about)
    order = np.argsort(data.encoder.order)
    return [one for rows in (data.train, data.validation, data.test) for one in (rows.x[:, order], rows.y)], data


@pytest.mark.parametrize(
    ("how", "more"),
    [
        ({}, {"dataset": {"validation_fraction": 0.2}}),
        ({"missing": "indicator"}, {"dataset": {"validation_fraction": 0.2, "train_size": 200, "test_size": 50}}),
        ({"missing": "drop"}, {"dataset": {"standardize": "global"}}),
        ({"missing": "mean", "split": Split(column="part")}, {"dataset": {"standardize": "minmax"}}),
        ({"split": Split(group="patient")}, {"dataset": {"validation_fraction": 0.2}}),
        ({"split": Split(time="day"), "weight": "importance"}, {"dataset": {"validation_fraction": 0.2}}),
        ({"split": Split(time="day")}, {"cross_validation": {"folds": 3}}),
        ({"split": Split(group="patient")}, {"cross_validation": {"folds": 3}}),
        ({"missing": "most_frequent", "task": "regression"}, {"loss": "mean_squared_error"}),
    ],
)
def test_the_program_prepares_the_rows_that_training_prepares(how, more, frame, tmp_path, monkeypatch):
    # given
    own = own_file(**how)
    spec = spec_of(own, **more)
    expected, data = prepared(spec, own, frame)
    text = to_script(spec, "people", own)
    calls = []

    # when
    monkeypatch.chdir(tmp_path)
    names = {}
    functions, _, main = text.partition("\n\n\nx, y, table = load()")
    exec(functions, names)
    names["train"] = lambda *rows: calls.append(rows)
    exec(f"x, y, table = load(){main}", names)
    *rows, weights = calls[0] if own.plan.weight else (*calls[0], None)
    found = names["prepare"](*rows)

    # then
    for ours, theirs in zip(expected, found, strict=True):
        assert theirs == pytest.approx(ours, abs=1e-5)
    if own.plan.weight:
        assert weights == pytest.approx(data.train.weights)
    assert "SHA-256 ab12" in text


def test_the_program_of_a_table_reaches_the_same_accuracy(frame, tmp_path, monkeypatch):
    # given
    own = own_file(weight="importance")
    training = {"epochs": 25, "batch_size": 32, "class_weight": "balanced", "metrics": ["recall"]}
    adam = {"name": "adam", "learning_rate": 0.01}
    spec = spec_of(own, loss="categorical_crossentropy", optimizer=adam, training=training)
    rows = partial(own_source, spec, table_rows(frame, spec.dataset.resolved, own.plan))
    monkeypatch.setattr(row_cache, "load_source", lambda *_: rows())

    # when
    ours = train(spec, data_dir=tmp_path, on_epoch=lambda _: None).summary_extra["test"]
    (tmp_path / "program.py").write_text(to_script(spec, "people", own))
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)

    # then
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout.splitlines()[-1])["test"]
    assert ours["accuracy"] > 0.8
    assert theirs["accuracy"] == pytest.approx(ours["accuracy"], abs=0.1)
    assert theirs["recall"] == pytest.approx(ours["recall"], abs=0.15)
