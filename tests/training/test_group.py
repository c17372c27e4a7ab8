"""Trials side by side give what each gives alone."""

from pathlib import Path

import numpy as np
import pytest

from satnet.errors import Interrupted, NonFiniteLoss
from satnet.spec import parse_spec
from satnet.sweeps.stacking import group_of
from satnet.training.group import train_group
from satnet.training.group_member import Member
from satnet.training.run import train

NOWHERE = Path("nowhere")
RATES = (0.003, 0.01, 0.03)


def spec(number, optimizer, hidden=None, **training):
    """The `number`-th of a group: another learning rate, initializer and seed; the same rows in the same order."""
    hidden = {"type": "dense", "units": 12, "activation": "tanh"} | (hidden(number) if hidden else {})
    hidden["kernel_initializer"] = ("glorot_uniform", "he_normal")[number % 2]
    second = {"type": "dense", "units": 9, "activation": "relu"}
    return parse_spec(
        {
            "dataset": {"name": "digits", "train_size": 333, "validation_fraction": 0.2, "split_seed": 3},
            "layers": [{"type": "flatten"}, hidden, second, {"type": "dense", "units": 10, "activation": "softmax"}],
            "optimizer": optimizer(number),
            "training": {"epochs": 3, "batch_size": 32, "shuffle_seed": 5, **training},
            "seed": 7 + number,
        }
    )


def named(name, **more):
    return lambda number: {"name": name, "learning_rate": RATES[number], **more}


def momenta(number):
    return {"name": "sgd", "learning_rate": RATES[number], "momentum": (0.0, 0.9, 0.5)[number]}


GROUPS = {
    "other momenta, other l2": (
        momenta,
        lambda number: {"kernel_regularizer": {"name": "l2", "l2": 0.01 * (number + 1)}},
    ),
    "batch norm, rmsprop": (named("rmsprop"), lambda _: {"batch_normalization": "before_activation"}),
}


def together(specs, **more):
    """Each one's records, outcome and checkpoints."""
    found = [([], [], []) for _ in specs]
    members = [
        Member(
            one,
            on_epoch=records.append,
            check=lambda: None,
            done=outcomes.append,
            keep_checkpoint=checkpoints.append,
            **more.get(str(number), {}),
        )
        for number, (one, (records, outcomes, checkpoints)) in enumerate(zip(specs, found, strict=True))
    ]
    train_group(members, data_dir=NOWHERE, checkpoint_every=0.0)
    return found


def numbers(content):
    if isinstance(content, dict):
        return [one for key, value in content.items() if key != "seconds" for one in numbers(value)]
    if isinstance(content, list):
        return [one for value in content for one in numbers(value)]
    return [content] if isinstance(content, float) else []


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_gives_what_each_gives_alone(name):
    # given
    specs = [spec(number, *GROUPS[name]) for number in range(3)]
    assert len({group_of(one) for one in specs}) == 1 != len({one.sha256 for one in specs})

    # when
    found = together(specs)

    # then
    for one, (records, (outcome,), checkpoints) in zip(specs, found, strict=True):
        alone, kept = [], []
        result = train(one, data_dir=NOWHERE, on_epoch=alone.append, keep_checkpoint=kept.append, checkpoint_every=0.0)
        for mine, theirs in zip(records, alone, strict=True):
            assert mine["train"]["loss"] == pytest.approx(theirs["train"]["loss"], rel=1e-5)
            assert numbers(mine) == pytest.approx(numbers(theirs), rel=2e-3, abs=1e-5)
        assert outcome.summary_extra["test"]["loss"] == pytest.approx(result.summary_extra["test"]["loss"], rel=1e-4)
        assert outcome.environment["side_by_side"] == 3
        for mine, theirs in zip(checkpoints, kept, strict=False):
            assert list(mine.arrays) == list(theirs.arrays)
            assert all(np.allclose(mine.arrays[key], value, atol=1e-5) for key, value in theirs.arrays.items())


def test_a_member_goes_on_alone_from_its_checkpoint():
    # given
    specs = [spec(number, momenta) for number in range(2)]
    records, _, checkpoints = together(specs)[1]

    # when
    rest = []
    train(specs[1], data_dir=NOWHERE, on_epoch=rest.append, resume=checkpoints[0])

    # then
    assert [one["epoch"] for one in rest] == [2, 3]
    assert rest[-1]["train"]["loss"] == pytest.approx(records[-1]["train"]["loss"], rel=1e-5)


def test_each_ends_for_itself():
    # given one that stops early, one that is cancelled, one that diverges, one that is ended by whoever listens
    class Cancelled:
        calls = 0

        def __call__(self):
            Cancelled.calls += 1
            if Cancelled.calls > 2:
                raise Interrupted("cancel")

    stopping = {"early_stopping": {"monitor": "train.loss", "patience": 1, "min_delta": 10.0}}
    rates = [0.01, 0.01, 1e30, 0.01, 0.01]
    specs = [
        spec(0, lambda _, rate=rate: {"name": "sgd", "learning_rate": rate}, **(stopping if number == 0 else {}))
        for number, rate in enumerate(rates)
    ]
    records, outcomes = [[] for _ in specs], [[] for _ in specs]

    def listen(number):
        def on_epoch(record):
            records[number].append(record)
            return "asha" if number == 3 and record["epoch"] == 1 else None

        return on_epoch

    # when
    checks = [lambda: None, Cancelled(), *3 * [lambda: None]]
    train_group(
        [
            Member(one, on_epoch=listen(number), check=checks[number], done=outcomes[number].append)
            for number, one in enumerate(specs)
        ],
        data_dir=NOWHERE,
    )

    # then
    assert [len(one) for one in outcomes] == 5 * [1]
    early, cancelled, diverged, ended, whole = (one[0] for one in outcomes)
    assert (early.stop_reason, [one["epoch"] for one in records[0]]) == ("early_stopping", [0, 1, 2])
    assert (type(cancelled), cancelled.reason) == (Interrupted, "cancel")
    assert type(diverged) is NonFiniteLoss
    assert (ended.stop_reason, len(records[3])) == ("asha", 2)
    assert (whole.stop_reason, len(records[4])) == ("completed", 4)


def test_an_error_for_all_ends_all():
    # given
    specs = [
        parse_spec(spec(0, named("adam")).to_json() | {"dataset": {"name": "mnist", "validation_fraction": 0.1}})
        for _ in range(2)
    ]

    # when
    found = together(specs)

    # then
    assert [[error.code for error in outcomes] for _, outcomes, _ in found] == 2 * [["data_error"]]


@pytest.mark.parametrize(
    ("change", "grouped"),
    [
        ({"optimizer": {"name": "adam", "learning_rate": 0.5}}, True),
        ({"seed": 9}, True),
        ({"training": {"epochs": 3, "batch_size": 64, "shuffle_seed": 5}}, False),
        ({"training": {"epochs": 3, "batch_size": 32, "shuffle_seed": 6}}, False),
        ({"dataset": {"name": "digits", "validation_fraction": 0.2, "split_seed": 4}}, False),
        ({"optimizer": {"name": "adamw"}}, False),
        ({"optimizer": {"name": "adam", "clipnorm": 1.0}}, False),
        ({"cross_validation": {"folds": 3}, "dataset": {"name": "digits", "split_seed": 3}}, False),
    ],
)
def test_who_may_train_side_by_side(change, grouped):
    # given
    one = spec(0, named("adam"))

    # when / then
    assert (group_of(parse_spec(one.to_json() | change)) == group_of(one) != "") is grouped


def test_a_group_weighs_its_rows_as_each_does_alone():
    # given
    weights = {"3": 5.0, "7": 0.2}
    specs = [spec(number, named("adam"), epochs=1, class_weight=weights) for number in range(2)]

    # when
    found = together(specs)

    # then
    alone = []
    train(specs[1], data_dir=NOWHERE, on_epoch=alone.append)
    assert numbers(found[1][0]) == pytest.approx(numbers(alone), rel=1e-3, abs=1e-4)
