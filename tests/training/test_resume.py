"""A run that is stopped at any epoch and goes on from its checkpoint equals one that never stopped, bit for bit."""

import math
from pathlib import Path

import numpy as np
import pytest

from satnet.errors import Interrupted
from satnet.spec import parse_spec
from satnet.training import compiled
from satnet.training.checkpoint import Checkpoint, CorruptCheckpoint
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.run import train

SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}
DENSE = [{"type": "flatten"}, {"type": "dense", "units": 12, "activation": "tanh"}, SOFTMAX]
CASES = {
    "dense, momentum": {"layers": DENSE, "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9}},
    "batch norm, adam": {
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 12, "activation": "relu", "batch_normalization": "before_activation"},
            SOFTMAX,
        ],
        "optimizer": "adam",
    },
    "dropout": {
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 16, "activation": "relu"},
            {"type": "dropout", "rate": 0.4},
            SOFTMAX,
        ],
        "optimizer": "rmsprop",
    },
    "early stopping, best weights": {
        "layers": DENSE,
        "optimizer": {"name": "sgd", "learning_rate": 5.0},
        "training": {"early_stopping": {"monitor": "train.loss", "patience": 2, "restore_best_weights": True}},
    },
    "rate reduced on a plateau": {
        "layers": DENSE,
        "optimizer": {"name": "sgd", "learning_rate": 2.0},
        "training": {
            "learning_rate_schedule": {
                "name": "reduce_on_plateau",
                "monitor": "train.loss",
                "patience": 1,
                "factor": 0.5,
            }
        },
    },
    "a scheduled rate": {
        "layers": DENSE,
        "optimizer": "sgd",
        "training": {"learning_rate_schedule": {"name": "cosine_decay", "decay_steps": 100}},
    },
    "folds": {
        "layers": DENSE,
        "optimizer": "adam",
        "cross_validation": {"folds": 3},
        "training": {"epochs": 3},
    },
}


def spec_of(name):
    case = CASES[name]
    training = {"epochs": 5, "batch_size": 128} | case.get("training", {})
    return parse_spec({"dataset": {"name": "digits"}, "seed": 11} | case | {"training": training})


class Stopping:
    """Asks for a pause when a number of records came in, as a drain, a pause or a deploy would."""

    def __init__(self, after):
        self.after, self.records, self.kept, self.models = after, [], [], []

    def check(self):
        if len(self.records) >= self.after:
            raise Interrupted("pause")

    def keep_model(self, path):
        self.models.append(path.read_bytes())


def run(spec, after=10**9, resume=None, records=()):
    one = Stopping(after)
    one.records += records
    try:
        one.result = train(
            spec,
            data_dir=Path("nowhere"),
            on_epoch=one.records.append,
            check=one.check,
            resume=resume,
            keep_checkpoint=lambda checkpoint: one.kept.append(checkpoint.to_bytes()),
            checkpoint_every=0.0,
        )
    except Interrupted:
        one.result = None
    return one


def told(records):
    return [{key: value for key, value in one.items() if key != "seconds"} for one in records]


def upto(records, checkpoint):
    """What the store keeps when an attempt goes on from a checkpoint."""
    fold = checkpoint.fold or 0
    return [
        one
        for one in records
        if (one["fold"] or 0) < fold or ((one["fold"] or 0) == fold and one["epoch"] <= checkpoint.epoch)
    ]


@pytest.mark.parametrize("name", CASES)
def test_stopped_at_every_epoch_equals_uninterrupted(name, monkeypatch):
    # given epochs that count as short, however busy the machine is
    monkeypatch.setattr("satnet.training.checkpoint_schedule._SHORT", math.inf)
    spec = spec_of(name)
    whole = run(spec)
    stops = range(2, len(whole.records), 1 if "folds" not in spec.to_json() else 4)

    # when stopped once, twice, ... in a process that has forgotten everything
    one, count, kept = run(spec, stops[0]), 1, []
    for after in [*stops[1:], 10**9]:
        if one.result is not None:
            break
        compiled.forget()
        kept = one.kept or kept  # one that is stopped before its first epoch is over leaves what there was
        checkpoint = Checkpoint.from_bytes(kept[-1])
        one = run(spec, after, checkpoint, upto(one.records, checkpoint))
        count += 1

    # then
    assert count >= 3
    assert told(one.records) == told(whole.records)
    assert one.result.summary_extra == whole.result.summary_extra
    assert one.result.stop_reason == whole.result.stop_reason
    assert weights(one) == weights(whole)


def weights(one):
    checkpoint = Checkpoint.from_bytes(one.kept[-1])
    return {name: array.tobytes() for name, array in checkpoint.arrays.items()}


def test_a_checkpoint_survives_its_bytes():
    # given
    arrays = {"weight0": np.arange(6, dtype=np.float32).reshape(2, 3), "optimizer0": np.int64(3)}
    before = Checkpoint(2, 7, arrays, {"plateaus": [{"best": float("inf")}, None], "results": []})

    # when
    after = Checkpoint.from_bytes(before.to_bytes())

    # then
    assert (after.fold, after.epoch, after.state) == (2, 7, before.state)
    assert [one.tobytes() for one in after.part("weight")] == [arrays["weight0"].tobytes()]


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda _: b"", lambda b: b"PK" + b[2:-40] + b"x" * 40])
def test_torn_bytes_are_no_checkpoint(damage):
    # given
    content = Checkpoint(None, 1, {"weight0": np.zeros(1000)}, {}).to_bytes()

    # when / then
    with pytest.raises(CorruptCheckpoint):
        Checkpoint.from_bytes(damage(content))


def test_a_long_epoch_is_left_at_once_and_goes_on_from_the_epoch_before(monkeypatch):
    # given a run whose epochs are long, and who is asked to pause inside the third
    monkeypatch.setattr("satnet.training.checkpoint_schedule._SHORT", 0.0)
    wanted, saved = [], []

    def check():
        if wanted:
            raise Interrupted("drain")

    checkpoint_schedule = CheckpointSchedule(check, saved.append, every=1000.0)
    for epoch in (1, 2):
        checkpoint_schedule.check()
        checkpoint_schedule.epoch_over(lambda epoch=epoch: Checkpoint(None, epoch, {}, {}), 60.0)
    wanted.append(True)

    # when
    with pytest.raises(Interrupted):
        checkpoint_schedule.check()

    # then
    assert [one.epoch for one in saved] == [2]


def test_cancel_is_never_put_off():
    # given an epoch that is short
    saved, reason = [], []

    def check():
        if reason:
            raise Interrupted("cancel")

    checkpoint_schedule = CheckpointSchedule(check, saved.append)
    checkpoint_schedule.epoch_over(lambda: Checkpoint(None, 1, {}, {}), 0.01)
    reason.append(True)

    # when / then
    with pytest.raises(Interrupted):
        checkpoint_schedule.check()
    assert saved == []
