"""SaturationMonitor on models written in three ways gives the service's records; and what it refuses."""

import keras
import numpy as np
import pytest

from satnet import SaturationMonitor
from satnet.spec import parse_spec
from satnet.training.data import prepare
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.probe import Probe
from satnet.training.source import load_rows
from satnet.training.splits import probe_index

SPEC = {
    "dataset": {"name": "digits"},
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 12, "activation": "tanh", "batch_normalization": "before_activation"},
        {"type": "dense", "units": 9, "activation": "relu", "batch_normalization": "after_activation"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "seed": 4,
}


@pytest.fixture(scope="module")
def rows():
    spec = parse_spec(SPEC)
    train, test = load_rows(spec, None)
    return prepare(spec, train, None, test, 10).train


def sequential():
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Flatten(),
            keras.layers.Dense(12),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("tanh"),
            keras.layers.Dense(9, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def functional():
    inputs = keras.Input((8, 8))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(12, activation=None)(x)
    x = keras.layers.Activation(keras.activations.tanh)(keras.layers.BatchNormalization()(x))
    x = keras.layers.ReLU()(keras.layers.Dense(9)(x))
    x = keras.layers.Dropout(0.2)(keras.layers.BatchNormalization()(x))
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))


def logits():
    model = sequential()
    return keras.Sequential([keras.Input((8, 8)), *model.layers[:-1], keras.layers.Dense(10)])


def without_names(record):
    return [{key: value for key, value in layer.items() if key != "name"} for layer in record["layers"]]


def same(one, other):
    """Equal but for float32's error, recursively."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-6)
    else:
        assert one == other


@pytest.mark.parametrize("written", [sequential, functional, logits])
def test_records_are_those_of_the_service_for_the_equivalent_spec(written, rows):
    # given the service's network with the same weights, and sparse labels for the one with logits
    spec, model = parse_spec(SPEC), written()
    network = build_network(spec, (8, 8), None)
    network.model.set_weights(model.get_weights())
    labels = rows.y.argmax(axis=1)
    index = probe_index(labels, 10, 1024, 0)
    oracle = Probe(network, spec.loss, build_loss(spec.loss), rows.x[index], rows.y[index], 0.05)
    sparse = written is logits
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if sparse else "categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    expected, whole, _ = oracle.measure({}, {}, fresh=True, classes=10, variance=None)

    # when
    y = labels if sparse else rows.y
    monitor = SaturationMonitor(rows.x, y, verbose=False)
    model.fit(rows.x, y, epochs=2, batch_size=64, callbacks=[monitor], verbose=0)

    # then at epoch 0
    first = monitor.epochs[0]
    assert len(first["layers"]) == len(expected) == 2
    for layer, reference in zip(without_names(first), without_names({"layers": expected}), strict=True):
        same(layer, reference)
    same(first["network"], whole)

    # and after training, with what was trained
    network.model.set_weights(model.get_weights())
    expected, whole, values = oracle.measure({}, {}, fresh=False, classes=10, variance=None)
    last = monitor.epochs[-1]
    steps = {key: last["layers"][0][key] for key in ("update_ratio", "movement")}
    assert 0 < steps["update_ratio"] < steps["movement"] < 1
    for layer, reference in zip(without_names(last), without_names({"layers": expected}), strict=True):
        kept = {key: value for key, value in layer.items() if key not in steps}
        same(kept, {key: value for key, value in reference.items() if key not in steps})
    assert [one["epoch"] for one in monitor.epochs] == [0, 1, 2]
    assert len(monitor.units[last["layers"][1]["name"]]["active"]) == 9
    assert values["loss"] > 0


def test_update_ratio_is_the_median_of_the_last_steps(rows):
    # given plain sgd, whose step is the learning rate times the gradient
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="tanh"), keras.layers.Dense(10)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    x = rows.x.reshape(len(rows.x), 64)
    monitor = SaturationMonitor(x, rows.y, verbose=False)
    seen = []

    class Spy(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002 - Keras's signature
            self.before = [w.copy() for w in self.model.layers[0].get_weights()]

        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002 - Keras's signature
            old, new = self.before[0], self.model.layers[0].get_weights()[0]
            seen.append(np.linalg.norm(new - old) / np.linalg.norm(old))

    # when
    model.fit(x, rows.y, epochs=1, batch_size=8, callbacks=[monitor, Spy()], verbose=0)

    # then
    assert monitor.epochs[1]["layers"][0]["update_ratio"] == pytest.approx(np.median(seen[-32:]), rel=1e-4)


def test_findings_name_what_is_wrong_and_say_what_to_change(rows, capsys):
    # given raw digits and weights that are far too large
    wide = keras.initializers.RandomNormal(0, 1.0, seed=1)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(20, activation="tanh", kernel_initializer=wide),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.001), "categorical_crossentropy")
    x = rows.x.reshape(len(rows.x), 64) * 6 + 5

    # when
    monitor = SaturationMonitor(x, rows.y, every=2)
    model.fit(x, rows.y, epochs=3, batch_size=64, callbacks=[monitor], verbose=0)

    # then
    found = {one["rule"]: one for one in monitor.findings}
    assert {"input_not_standardized", "saturated_at_start", "initializer_mismatch"} <= set(found)
    assert "glorot_uniform" in found["initializer_mismatch"]["remedies"][0]["why"]
    assert [one["epoch"] for one in monitor.epochs] == [0, 2, 3]
    assert "input_not_standardized" in capsys.readouterr().out


def test_regression_and_unknown_activations_are_measured_as_far_as_can_be():
    # given a model with an activation of somebody's own
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((300, 5)), rng.standard_normal((300, 1))
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6, activation=lambda z: keras.ops.sin(z)),
            keras.layers.Dense(6, activation="softsign"),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")

    # when
    monitor = SaturationMonitor(x, y, verbose=False)
    model.fit(x, y, epochs=1, verbose=0)
    model.fit(x, y, epochs=1, callbacks=[monitor], verbose=0)

    # then
    assert [layer["activation"] for layer in monitor.epochs[1]["layers"]] == ["softsign"]
    assert monitor.epochs[1]["train"]["accuracy"] is None
    assert monitor.epochs[1]["network"]["loss_over_chance"] == pytest.approx(1.0, abs=0.5)


def test_what_cannot_be_measured_is_refused_in_words(rows):
    # given
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(10)

        def call(self, x):
            return self.dense(x)

    x, model = rows.x.reshape(len(rows.x), 64), Own()
    model.compile("sgd", "mse")
    plain = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
    plain.compile("sgd", "kl_divergence")

    # when / then
    with pytest.raises(ValueError, match="Sequential or functional"):
        model.fit(x, rows.y, callbacks=[SaturationMonitor(x, rows.y)], verbose=0)
    with pytest.raises(ValueError, match="kl_divergence"):
        plain.fit(x, rows.y, callbacks=[SaturationMonitor(x, rows.y)], verbose=0)
    with pytest.raises(ValueError, match="as many rows"):
        SaturationMonitor(x, rows.y[:5])
