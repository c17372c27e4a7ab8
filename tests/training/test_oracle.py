"""Stock `model.fit` on the same batches from the same weights is the oracle for the epoch program."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from satnet.spec import parse_spec
from satnet.training import epoch_loop as program_module
from satnet.training.evaluation import Evaluation
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.program import EpochProgram, wants_xla

ROWS = 330  # a remainder batch for every batch size below


def spec_of(hidden, output, loss, optimizer, batch_size=32):
    return parse_spec(
        {
            "dataset": {"name": "digits"},
            "layers": [{"type": "flatten"}, *hidden, output],
            "loss": loss,
            "optimizer": optimizer,
            "training": {"batch_size": batch_size},
            "seed": 3,
        }
    )


SOFTMAX = {"type": "dense", "units": 10, "activation": "softmax"}
SIGMOID = {"type": "dense", "units": 10, "activation": "sigmoid"}
CASES = {
    "tanh-sgd": (
        [{"type": "dense", "units": 12, "activation": "tanh"}],
        SOFTMAX,
        "categorical_crossentropy",
        "sgd",
    ),
    "batch-1": (
        [{"type": "dense", "units": 5, "activation": "tanh"}],
        SIGMOID,
        "mean_squared_error",
        {"name": "sgd", "learning_rate": 0.01},
        1,
    ),
    "relu-adam": (
        [{"type": "dense", "units": 12, "activation": "relu", "kernel_initializer": "he_normal"}],
        SOFTMAX,
        "categorical_crossentropy",
        "adam",
    ),
    "momentum": (
        [{"type": "dense", "units": 12, "activation": "sigmoid"}],
        SIGMOID,
        "binary_crossentropy",
        {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    ),
    "norm-before": (
        [{"type": "dense", "units": 12, "activation": "tanh", "batch_normalization": "before_activation"}],
        SOFTMAX,
        "categorical_crossentropy",
        "rmsprop",
    ),
    "norm-after": (
        [{"type": "dense", "units": 12, "activation": "relu", "batch_normalization": "after_activation"}],
        SOFTMAX,
        "categorical_crossentropy",
        "adam",
    ),
    "deep-elu-nadam": (
        [{"type": "dense", "units": 9, "activation": "elu", "repeat": 4}],
        SOFTMAX,
        "categorical_crossentropy",
        "nadam",
    ),
    "selu-adamw": (
        [{"type": "dense", "units": 9, "activation": "selu", "kernel_initializer": "lecun_normal"}],
        SOFTMAX,
        "categorical_crossentropy",
        "adamw",
    ),
    "maxout-adagrad": (
        [{"type": "maxout", "units": 8, "pieces": 3}],
        SOFTMAX,
        "categorical_crossentropy",
        "adagrad",
    ),
    "l2-adamax": (
        [
            {
                "type": "dense",
                "units": 12,
                "activation": "gelu",
                "kernel_regularizer": {"name": "l2", "l2": 1e-3},
            }
        ],
        SOFTMAX,
        "categorical_crossentropy",
        "adamax",
    ),
    "layer-norm-clip": (
        [{"type": "dense", "units": 12, "activation": "silu"}, {"type": "layer_normalization"}],
        SOFTMAX,
        "huber",
        {"name": "adam", "learning_rate": 0.01, "clipnorm": 0.5},
    ),
    "softsign-lion": (
        [{"type": "dense", "units": 12, "activation": "softsign"}],
        SOFTMAX,
        "mean_absolute_error",
        {"name": "lion", "learning_rate": 1e-4},
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_epoch_program_follows_stock_fit(case):
    # given the same weights, rows and order
    spec = spec_of(*CASES[case])
    size = spec.training.batch_size
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, 8, 8)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, ROWS)]
    keras.utils.set_random_seed(1)
    ours, theirs = build_network(spec, (8, 8), None), build_network(spec, (8, 8), None)
    theirs.model.set_weights(ours.model.get_weights())
    xla = wants_xla({layer.type for layer in spec.layers})
    program = EpochProgram(
        ours,
        build_loss(spec.loss),
        build_optimizer(spec),
        tf.constant(x),
        tf.constant(y),
        batch_size=size,
        xla=xla,
    )
    theirs.model.compile(optimizer=build_optimizer(spec), loss=spec.loss, metrics=["accuracy"])

    for _ in range(1 if size == 1 else 3):
        # when both train one epoch over it
        order = rng.permutation(ROWS)
        sums = program.run(order, lambda: None)
        history = theirs.model.fit(x[order], y[order], batch_size=size, shuffle=False, verbose=0).history

        # then their running losses and accuracies agree
        assert sums.loss == pytest.approx(history["loss"][0], rel=1e-4)
        assert sums.accuracy == pytest.approx(history["accuracy"][0], abs=2 / ROWS)


def test_slices_change_no_number():
    # given one network trained whole and one trained in slices of three steps
    spec = spec_of(*CASES["relu-adam"], 4)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.standard_normal((ROWS, 8, 8)), tf.float32)
    y = tf.constant(np.eye(10)[rng.integers(0, 10, ROWS)], tf.float32)
    order, losses = rng.permutation(ROWS), []

    # when each runs one epoch
    for size in (64, 3):
        program = EpochProgram(
            build_network(spec, (8, 8), None),
            build_loss(spec.loss),
            build_optimizer(spec),
            x,
            y,
            batch_size=4,
            xla=True,
        )
        program.loop.slice_steps = size
        losses.append(program.run(order, lambda: None).loss)

    # then they agree bit for bit
    assert losses[0] == losses[1]


def test_integers_standardized_by_the_program_train_like_floats_standardized_before(monkeypatch):
    # given the same rows as bytes and as standardized floats, in chunks of a few steps, the last one cut short
    monkeypatch.setattr(program_module, "_CHUNK_BYTES", 5 * 64 * 4 * 7)
    monkeypatch.setattr(program_module, "TAIL", 7)
    spec = spec_of(*CASES["relu-adam"], 4)
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 256, (ROWS, 8, 8)).astype(np.uint8)
    center, scale = raw.mean(axis=0), raw.std(axis=0)
    y = tf.constant(np.eye(10)[rng.integers(0, 10, ROWS)], tf.float32)
    orders, results = [rng.permutation(ROWS) for _ in range(3)], []

    # when
    for x, scaling in ((((raw - center) / scale).astype(np.float32), (0.0, 1.0)), (raw, (center, scale))):
        network = build_network(spec, (8, 8), None)
        optimizer = build_optimizer(spec)
        program = EpochProgram(
            network, build_loss(spec.loss), optimizer, tf.constant(x), y, batch_size=4, xla=True, scaling=scaling
        )
        sums = [program.run(order, lambda: None) for order in orders]
        evaluated = Evaluation(network, build_loss(spec.loss))(x, y.numpy(), scaling)[:2]
        results.append([*(one.loss for one in sums), *evaluated, *sums[-1].update_ratio.values()])

    # then
    assert results[0] == pytest.approx(results[1], rel=1e-4)


def test_an_epoch_that_is_not_measured_trains_the_same():
    # given
    spec = spec_of(*CASES["relu-adam"], 16)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.standard_normal((ROWS, 8, 8)), tf.float32)
    y = tf.constant(np.eye(10)[rng.integers(0, 10, ROWS)], tf.float32)
    orders, losses = [rng.permutation(ROWS) for _ in range(2)], []

    # when
    for measured in (True, False):
        network, loss = build_network(spec, (8, 8), None), build_loss(spec.loss)
        program = EpochProgram(network, loss, build_optimizer(spec), x, y, batch_size=16, xla=True)
        sums = [program.run(order, lambda: None, measured) for order in orders]
        losses.append([one.loss for one in sums])
        assert bool(sums[0].movement) == measured

    # then
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_dropout_trains_as_stock_fit_does_in_distribution():
    # given a network with dropout, trained from eight seeds by each
    hidden = [{"type": "dense", "units": 16, "activation": "relu"}, {"type": "dropout", "rate": 0.5}]
    spec = spec_of(hidden, SOFTMAX, "categorical_crossentropy", "adam")
    rng = np.random.default_rng(0)
    teacher = rng.standard_normal((64, 10))
    x = rng.standard_normal((ROWS, 8, 8)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[(x.reshape(ROWS, 64) @ teacher).argmax(axis=1)]
    ours, theirs = [], []

    # when
    for seed in range(8):
        keras.utils.set_random_seed(seed)
        stock = build_network(spec.model_copy(update={"seed": seed}), (8, 8), None).model
        stock.compile(optimizer=build_optimizer(spec), loss=spec.loss)
        theirs.append(stock.fit(x, y, batch_size=32, epochs=6, verbose=0).history["loss"][-1])
        program = EpochProgram(
            build_network(spec.model_copy(update={"seed": seed}), (8, 8), None),
            build_loss(spec.loss),
            build_optimizer(spec),
            tf.constant(x),
            tf.constant(y),
            batch_size=32,
            xla=False,
        )
        orders = [np.random.default_rng([seed, epoch]).permutation(ROWS) for epoch in range(6)]
        ours.append([program.run(order, lambda: None).loss for order in orders][-1])

    # then the means differ by less than three standard errors, and dropout did something
    error = np.sqrt(np.var(ours, ddof=1) / 8 + np.var(theirs, ddof=1) / 8)
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * error
    assert len({round(loss, 6) for loss in ours}) == 8
