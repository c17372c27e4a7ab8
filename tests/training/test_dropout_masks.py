"""Dropout from masks that are drawn before the step: Keras's layer, with another source of chance."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from satnet.service.local import run_local
from satnet.spec import parse_spec
from satnet.training.dropout_masks import masked
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.program import EpochProgram


def network_of(rate):
    layers = [{"type": "dropout", "rate": rate}, {"type": "dense", "units": 3, "activation": "softmax"}]
    spec = parse_spec(
        {"dataset": {"name": "gaussian", "features": 50, "classes": 3}, "layers": layers, "seed": 1}
        | {"training": {"batch_size": 8}}
    )
    return spec, build_network(spec, (50,), None)


def test_a_layer_keeps_what_its_mask_says_and_draws_again_afterwards():
    # given
    _, network = network_of(0.5)
    (layer,) = network.dropouts()
    x = tf.random.stateless_normal((8, 50), (1, 2))
    mask = tf.random.stateless_uniform((8, 50), (3, 4)) >= 0.5

    # when
    with masked([layer], [mask]):
        trained, measured = layer(x, training=True), layer(x, training=False)

    # then
    np.testing.assert_array_equal(trained, np.where(mask, 2 * x.numpy(), 0))
    np.testing.assert_array_equal(measured, x)
    assert layer.call.__func__ is keras.layers.Dropout.call
    assert (layer(x, training=True).numpy() != trained.numpy()).any()


@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_a_chunks_masks_keep_their_share_and_follow_from_seed_and_step(rate):
    # given
    spec, network = network_of(rate)
    x, y = np.zeros((80, 50), np.float32), np.eye(3, dtype=np.float32)[np.arange(80) % 3]
    program = EpochProgram(
        network, build_loss(spec.loss), build_optimizer(spec), tf.constant(x), tf.constant(y), batch_size=8, xla=True
    )
    numbers = tf.constant(np.arange(80, dtype=np.int32).reshape(10, 8))

    # when
    def masks(first):
        return program.loop.gathered(program.loop.x, program.loop.y, numbers, program.loop.seeds(first))[2].numpy()

    one, again, later = masks(0), masks(0), masks(10)

    # then
    assert one.shape == (10, 8, 50)
    assert one.mean() == pytest.approx(1 - rate, abs=4 * 0.5 / 4000**0.5)
    np.testing.assert_array_equal(one, again)
    assert (one != later).any()
    assert len({step.tobytes() for step in one}) == 10


def test_a_rate_of_zero_trains():
    # given
    layers = [{"type": "dropout", "rate": 0}, {"type": "dense", "units": 3, "activation": "softmax"}]
    data = {"name": "gaussian", "features": 5, "classes": 3, "samples": 100}

    # when
    told = run_local({"dataset": data, "layers": layers, "training": {"epochs": 1}}, data_dir=Path("nowhere"))

    # then
    assert told["status"] == "succeeded"
