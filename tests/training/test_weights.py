"""Class and sample weights: stock `model.fit` is the oracle of the steps, scikit-learn that of `balanced`."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.utils.class_weight import compute_sample_weight

from satnet.errors import DataError
from satnet.spec import parse_spec
from satnet.training.data import Data
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.program import EpochProgram
from satnet.training.rows import Rows
from satnet.training.run import train
from satnet.training.weights import training_weights

ROWS = 330  # a remainder batch


def spec_of(**training):
    return parse_spec(
        {
            "dataset": {"name": "spirals"},
            "layers": [
                {
                    "type": "dense",
                    "units": 12,
                    "activation": "tanh",
                    "kernel_regularizer": {"name": "l2", "l2": 1e-2},
                },
                {"type": "dense", "units": 3, "activation": "softmax"},
            ],
            "optimizer": "adam",
            "training": {"batch_size": 32, **training},
            "seed": 3,
        }
    )


def data_of(numbers, weights=None, task="classification"):
    rows = Rows(np.zeros((len(numbers), 2), np.float32), np.eye(3, dtype=np.float32)[numbers], weights)
    classes = 3 if task == "classification" else None
    return Data(rows, rows, rows, numbers, classes, 0.0, 1.0, 0.0, 1.0, {}, task)


@pytest.mark.parametrize("kind", ["class_weight", "sample_weight"])
def test_the_epoch_program_weighs_as_stock_fit_does(kind):
    # given the same weights, rows and order, and rows that count differently
    class_weight = {"0": 0.3, "2": 4.0}
    spec = spec_of(**({"class_weight": class_weight} if kind == "class_weight" else {}))
    rng = np.random.default_rng(0)
    x, numbers = rng.standard_normal((ROWS, 2)).astype(np.float32), rng.integers(0, 3, ROWS)
    y = np.eye(3, dtype=np.float32)[numbers]
    own = rng.uniform(0, 3, ROWS).astype(np.float32) if kind == "sample_weight" else None
    weights = training_weights(spec, data_of(numbers, own))
    ours, theirs = build_network(spec, (2,), None), build_network(spec, (2,), None)
    theirs.model.set_weights(ours.model.get_weights())
    program = EpochProgram(
        ours, build_loss(spec.loss), build_optimizer(spec), *tensors(x, y), batch_size=32, xla=True, weights=weights
    )
    theirs.model.compile(optimizer=build_optimizer(spec), loss=spec.loss, metrics=["accuracy"])

    for _ in range(3):
        # when both train one epoch
        order = rng.permutation(ROWS)
        sums = program.run(order, lambda: None)
        weighing = {"sample_weight": own[order]} if own is not None else {"class_weight": {0: 0.3, 2: 4.0}}
        history = theirs.model.fit(x[order], y[order], batch_size=32, shuffle=False, verbose=0, **weighing).history

        # then their running losses, accuracies and weights agree
        assert sums.loss == pytest.approx(history["loss"][0], rel=1e-4)
        assert sums.accuracy == pytest.approx(history["accuracy"][0], abs=2 / ROWS)
    for one, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4)


def test_a_program_trains_weighted_rows_and_then_plain_ones_as_if_it_had_only_known_these():
    # given
    spec, rng = spec_of(), np.random.default_rng(0)
    x, y = rng.standard_normal((ROWS, 2)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, ROWS)]
    order, losses = rng.permutation(ROWS), []

    # when one program forgets its weights, and another never had some
    for weights in (np.full(ROWS, 7.0, np.float32), None):
        network = build_network(spec, (2,), None)
        start = network.model.get_weights()
        optimizer = build_optimizer(spec)
        program = EpochProgram(
            network, build_loss(spec.loss), optimizer, *tensors(x, y), batch_size=32, xla=True, weights=weights
        )
        slots = [variable.numpy() for variable in optimizer.variables]
        first = program.run(order, lambda: None).loss
        network.model.set_weights(start)
        for variable, value in zip(optimizer.variables, slots, strict=True):
            variable.assign(value)
        program.load(*tensors(x, y))
        losses.append(program.run(order, lambda: None).loss)
        assert (first > 3 * losses[-1]) == (weights is not None)

    # then
    assert losses[0] == losses[1]


def test_rows_without_weights_are_trained_by_a_program_that_knows_of_none():
    # given
    spec, rng = spec_of(), np.random.default_rng(0)
    x, y = tf.constant(rng.standard_normal((ROWS, 2)), tf.float32), tf.zeros((ROWS, 3))
    program = EpochProgram(
        build_network(spec, (2,), None), build_loss(spec.loss), build_optimizer(spec), x, y, batch_size=32, xla=True
    )

    # when
    chunk = program.loop.gathered(x, y, tf.constant([[0] * 32]), program.loop.seeds(0), program.loop.weights)

    # then
    assert [part.shape for part in chunk] == [(1, 32, 2), (1, 32, 3)]


def test_balanced_is_scikit_learns_and_multiplies_the_rows_own_weights():
    # given a class that no training row has
    numbers = np.array([0] * 97 + [2] * 3)
    own = np.linspace(0, 1, 100, dtype=np.float32)

    # when
    weights = training_weights(spec_of(class_weight="balanced"), data_of(numbers, own))

    # then
    assert weights == pytest.approx(own * compute_sample_weight("balanced", numbers), rel=1e-6)
    assert weights.dtype == np.float32


def test_weights_are_none_where_nothing_weighs():
    assert training_weights(spec_of(), data_of(np.array([0, 1, 2]))) is None


@pytest.mark.parametrize(
    ("weights", "task", "words"),
    [
        ({"0": 0.0, "1": 0.0}, "classification", "no training row with a weight above 0"),
        ("balanced", "regression", "needs classes, and the task is regression"),
        ({"nine": 1.0}, "classification", "there is no class 'nine'; the classes are: 0, 1, 2"),
    ],
)
def test_weights_that_fit_no_row_of_a_file_are_data_errors(weights, task, words):
    # given a spec whose rows only the worker knows
    spec = spec_of()
    spec = replace_training(spec, class_weight=weights)

    # when / then
    with pytest.raises(DataError, match=words):
        training_weights(spec, data_of(np.array([0, 1, 1]), task=task))


def replace_training(spec, **changes):
    return spec.model_copy(update={"training": spec.training.model_copy(update=changes)})


def tensors(*arrays):
    return [tf.constant(array) for array in arrays]


def test_balanced_weights_lift_the_recall_of_3_rows_in_100(tmp_path):
    # given a file of two overlapping clouds, 97 : 3
    rng = np.random.default_rng(0)
    y = (rng.random(2000) < 0.03).astype(np.int64)
    x = rng.standard_normal((2000, 5)) + 1.2 * y[:, None] * np.array([1, 1, 0, 0, 0])
    np.savez(tmp_path / "fraud.npz", x_train=x[:1500], y_train=y[:1500], x_test=x[1500:], y_test=y[1500:])
    quality = {}

    # when a logistic regression is trained without weights and with them
    for class_weight in (None, "balanced"):
        spec = {
            "dataset": {"path": str(tmp_path / "fraud.npz"), "standardize": "per_feature"},
            "layers": [{"type": "dense", "units": 1, "activation": "sigmoid"}],
            "optimizer": {"name": "adam", "learning_rate": 0.05},
            "training": {"epochs": 10, "batch_size": 64, "class_weight": class_weight, "metrics": ["recall", "pr_auc"]},
            "seed": 1,
        }
        result = train(parse_spec(spec, allow_path=True), data_dir=tmp_path, on_epoch=lambda _: None)
        quality[class_weight] = result.summary_extra["test"]

    # then the rare class is found, and the order of the rows is as good as it was
    assert quality[None]["recall"] < 0.2
    assert quality["balanced"]["recall"] > 0.6
    assert quality["balanced"]["pr_auc"] > 0.8 * quality[None]["pr_auc"]
    assert quality["balanced"]["accuracy"] < quality[None]["accuracy"]
