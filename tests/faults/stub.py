"""A trainer that computes nothing, behaves as labels say, and writes what it does into a ledger of its own.

Each epoch's loss is a hash of the one before: a run that went on from the wrong place ends with another number.
"""

import hashlib
import json
import os
import time

import numpy as np

from satnet.training.checkpoint import Checkpoint
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.result import TrainingResult

EPOCHS = 12


def write(ledger, **what):
    """One line, on the disk before the call returns; short appends are whole."""
    file = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, (json.dumps({"at": time.time(), **what}) + "\n").encode())
        os.fsync(file)
    finally:
        os.close(file)


def read(ledger):
    """All whole lines."""
    with open(ledger) as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def following(chain, name, epoch):
    """The chain's next link."""
    return hashlib.sha256(f"{chain} {name} {epoch}".encode()).hexdigest()


def loss_of(chain):
    """A number between 0 and 1 that stands for it."""
    return int(chain[:12], 16) / 16**12


def expected(name, epochs=EPOCHS):
    """The loss of every epoch of an undisturbed run."""
    chain, losses = "", []
    for epoch in range(epochs + 1):
        chain = following(chain, name, epoch)
        losses.append(loss_of(chain))
    return losses


def record(epoch, loss):
    """As METRICS section 3 has it, of a network without hidden layers."""
    metric = {"loss": loss, "accuracy": 0.5}
    network = dict.fromkeys(("vanish_ratio", "gate_decades", "weight_decades", "loss_over_chance", "saturated_wrong"))
    told = {"epoch": epoch, "fold": None, "learning_rate": 0.01, "train": metric, "validation": metric}
    return told | {"seconds": 0.01, "layers": [], "network": network, "input": {"mean": 0.0, "std": 1.0}}


def misbehave(how):
    """What label `do` asks for."""
    if how == "hang":
        time.sleep(3600)
    elif how == "grow":
        kept = []
        while True:
            kept.append(bytearray(b"x") * 10_000_000)
            time.sleep(0.01)
    elif how == "memory":
        bytearray(1 << 50)
    elif how == "abort":
        os.abort()
    elif how == "segfault":
        os.kill(os.getpid(), 11)


def train(
    spec,
    *,
    on_epoch,
    check,
    attempt,
    resume,
    keep_checkpoint,
    checkpoint_every,
    **_,
):
    """As satnet.training.run.train, to whoever calls it."""
    ledger, name = os.environ["SATNET_TEST_LEDGER"], spec.labels.get("n", "?")
    pause = float(spec.labels.get("pause", "0.02"))
    epochs, floats = spec.training.epochs, int(spec.labels.get("floats", "4"))
    checkpoint_schedule = CheckpointSchedule(check, keep_checkpoint, checkpoint_every)
    chain = "" if resume is None else resume.state["chain"]
    first = 0 if resume is None else resume.epoch + 1
    write(ledger, event="start", n=name, attempt=attempt, epoch=first, pid=os.getpid())
    for epoch in range(first, epochs + 1):
        chain = following(chain, name, epoch)
        if epoch == 1:
            misbehave(spec.labels.get("do") if attempt <= int(spec.labels.get("until", "99")) else None)
        time.sleep(pause)
        checkpoint_schedule.check()
        on_epoch(record(epoch, loss_of(chain)))
        state = Checkpoint(None, epoch, {"weight0": np.zeros(floats)}, {"chain": chain})
        checkpoint_schedule.epoch_over(lambda state=state: state, pause)
    write(ledger, event="end", n=name, attempt=attempt, epoch=epochs)
    return TrainingResult({"chain": chain}, {"stub": True}, "completed")
