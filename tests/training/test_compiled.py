"""Kept programs: the next experiment of a topology compiles nothing, and gives the numbers of a fresh build."""

from pathlib import Path

import numpy as np
import pytest

from satnet.spec import parse_spec
from satnet.training import compiled
from satnet.training.run import train


@pytest.fixture(autouse=True)
def _empty():
    compiled.forget()
    yield
    compiled.forget()


def spec_of(**changes):
    body = {
        "dataset": {"name": "digits"},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 12, "activation": "relu", "batch_normalization": "before_activation"},
            {"type": "layer_normalization"},
            {"type": "dropout", "rate": 0.2},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "optimizer": "adagrad",
        "training": {"epochs": 2, "batch_size": 64},
        "seed": 7,
    }
    return parse_spec(body | changes)


def run(spec):
    records = []
    train(spec, data_dir=Path("nowhere"), on_epoch=records.append)
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


def traces(built):
    loop = built.program.loop
    functions = (loop.plain_steps, loop.measured_steps, built.probe._pass, built.evaluate._batch)
    return [function.experimental_get_tracing_count() for function in functions]


OTHER = {
    "seed": 8,
    "optimizer": {"name": "adagrad", "learning_rate": 0.3},
    "layers": [
        {"type": "flatten"},
        {
            "type": "dense",
            "units": 12,
            "activation": "relu",
            "batch_normalization": "before_activation",
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
        },
        {"type": "layer_normalization"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 10, "activation": "softmax", "kernel_initializer": "orthogonal"},
    ],
}


def test_next_experiment_of_a_topology_compiles_nothing():
    # given
    run(spec_of())
    (built,) = compiled._compiled_networks.values()
    before = traces(built)

    # when another seed, rate and initializers
    run(spec_of(**OTHER))

    # then
    assert list(compiled._compiled_networks.values()) == [built]
    assert traces(built) == before


def test_a_kept_program_gives_the_numbers_of_a_fresh_one():
    # given each alone, from nothing
    first = run(spec_of())
    compiled.forget()
    second = run(spec_of(**OTHER))
    compiled.forget()

    # when one after another, and the first again
    mixed = [run(spec_of()), run(spec_of(**OTHER)), run(spec_of())]

    # then bit for bit
    assert mixed == [first, second, first]


def test_folds_share_a_program_and_differ_in_weights():
    # when
    records = run(spec_of(cross_validation={"folds": 3}))

    # then
    assert (
        len(compiled._compiled_networks) <= 2
    )  # 1437 rows do not divide by 3 folds evenly; shapes are retraced inside
    stds = [record["layers"][0]["preactivation"]["mean"] for record in records if record["epoch"] == 0]
    assert len(set(stds)) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": "adam"},
        {"optimizer": {"name": "adagrad", "clipnorm": 1.0}},
        {"training": {"epochs": 1, "batch_size": 32}},
        {"saturation": {"epsilon": 0.01}},
        {"loss": "mean_squared_error"},
        {"training": {"epochs": 1, "learning_rate_schedule": {"name": "cosine_decay", "decay_steps": 5}}},
    ],
)
def test_what_is_compiled_in_has_a_program_of_its_own(change):
    # given
    rows = type("Rows", (), {"x": np.zeros((4, 8, 8)), "y": np.zeros((4, 10))})
    data = type("Data", (), {"train": rows, "task": "classification"})

    # when / then
    assert compiled.key(spec_of(), data) != compiled.key(spec_of(**change), data)
    assert compiled.key(spec_of(), data) == compiled.key(spec_of(**OTHER), data)


def test_the_oldest_programs_are_dropped(monkeypatch):
    # given
    monkeypatch.setattr(compiled, "_MOST", 2)

    # when
    for epsilon in (0.01, 0.02, 0.03):
        run(spec_of(saturation={"epsilon": epsilon}, training={"epochs": 1, "batch_size": 256}))

    # then
    assert len(compiled._compiled_networks) == 2
