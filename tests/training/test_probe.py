"""The compiled probe against NumPy in float64 for every activation, layer type and place of batch norm."""

import keras
import numpy as np
import pytest

from satnet.saturation.activations import derivative
from satnet.saturation.regions import prescribed_std, region
from satnet.spec import parse_spec
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.probe import Probe
from tests.training import reference

NAMES = sorted(reference.ACTIVATIONS)
NORMS = ["none", "before_activation", "after_activation"]
ROWS = 120
BOUNDED = {
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softsign": (-1, 1),
    "hard_tanh": (-1, 1),
}


def spread(stddev):
    return {"name": "random_normal", "mean": 0.0, "stddev": stddev}


def hidden(kind, name, norm):
    if kind == "maxout":
        maxout = {"type": "maxout", "units": 5, "pieces": 3, "kernel_initializer": spread(0.5)}
        return [maxout | {"batch_normalization": norm}, maxout | {"batch_normalization": norm}]
    shared = {"activation": name, "batch_normalization": norm, "bias_initializer": spread(0.3)}
    scale = 0.2 if name == "exponential" else 0.5
    return [
        {"type": "reshape", "target_shape": [6, 5, 1]},
        {"type": "conv2d", "filters": 4, "kernel_size": 3, "kernel_initializer": spread(scale)} | shared,
        {"type": "flatten"},
        {"type": "dense", "units": 6, "kernel_initializer": spread(0.5 * scale)} | shared,
    ]


def measured(kind, name, norm, fresh=False):
    """The probe's record of a network whose batch normalizations have seen something, and its reference."""
    body = {
        "dataset": {"name": "gaussian", "features": 30},
        "layers": [*hidden(kind, name, norm), {"type": "dense", "units": 10, "activation": "softmax"}],
        "seed": 5,
    }
    spec = parse_spec(body)
    network = build_network(spec, (30,), None)
    rng = np.random.default_rng(0)
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            layer.set_weights(
                [rng.uniform(low, high, shape) for low, high in ((0.5, 1.5), (-0.5, 0.5), (-0.3, 0.3), (0.5, 2))]
            )
    x = rng.standard_normal((ROWS, 30)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, ROWS)]
    probe = Probe(network, spec.loss, build_loss(spec.loss), x, y, 0.05)
    records, whole, _ = probe.measure({}, {}, fresh=fresh, classes=10, variance=None)
    return records, whole, probe.units, reference.Reference(spec, network), x, y


def near(values, edge):
    """How many entries lie within float32's error of a boundary."""
    return 0 if edge is None else int((np.abs(values - edge) < 1e-5 * max(1.0, abs(edge))).sum())


def check_shares(record, units, z, name):
    bounds = region(name, {}, 0.05)
    low = np.zeros_like(z, bool) if bounds.low is None else z <= bounds.low
    high = np.zeros_like(z, bool) if bounds.high is None else z >= bounds.high
    slack = (near(z, bounds.low) + near(z, bounds.high)) / z.size + 1e-12
    some = bounds.low is not None or bounds.high is not None
    expected = {
        "saturated_fraction": (low | high).mean() if some else None,
        "saturated_low": low.mean() if bounds.low is not None else None,
        "saturated_high": high.mean() if bounds.high is not None else None,
    }
    for key, value in expected.items():
        assert record[key] == (None if value is None else pytest.approx(value, abs=slack)), key
    if some and slack < 1e-9:
        share = low.mean(axis=0) + high.mean(axis=0)
        sides = np.maximum(low.mean(axis=0), high.mean(axis=0))
        one_sided = (share >= 0.99) & (sides >= 0.95 * share)
        assert record["saturated_unit_fraction"] == pytest.approx((share >= 0.99).mean())
        assert record["one_sided_unit_fraction"] == pytest.approx(one_sided.mean())
    if bounds.low is not None:
        assert units["saturated_low"] == pytest.approx(low.mean(axis=0), abs=1e-5)


def check_activity(record, z, name):
    active = (z > 0).mean(axis=0)
    slack = near(z, 0.0) / z.size + 1e-12
    gated, mortal = name in ("relu", "relu6", "leaky_relu"), name in ("relu", "relu6")
    assert record["inactive_fraction"] == (pytest.approx((z <= 0).mean(), abs=slack) if gated else None)
    assert record["dead_unit_fraction"] == (pytest.approx((active == 0).mean()) if mortal else None)
    near_dead = ((active > 0) & (active < 0.01)).mean()
    assert record["near_dead_unit_fraction"] == (pytest.approx(near_dead) if mortal else None)


def check_values(record, z, a, name):
    close = {"rel": 1e-4, "abs": 1e-6}
    if name == "exponential":
        assert record["gate"] is None
    else:
        gate = np.abs(derivative(name, z)).mean() / region(name, {}, 0.05).slope
        assert record["gate"] == pytest.approx(gate, rel=1e-4, abs=near(z, 0.0) / z.size)
    assert record["preactivation"]["mean"] == pytest.approx(z.mean(), **close)
    assert record["preactivation"]["std"] == pytest.approx(z.std(), **close)
    for percent in (2, 15, 50, 85, 98):
        assert record["preactivation"][f"p{percent}"] == pytest.approx(np.percentile(z, percent), rel=1e-4, abs=1e-5)
    assert record["output"]["mean"] == pytest.approx(a.mean(), **close)
    assert record["output"]["std"] == pytest.approx(a.std(), **close)
    assert record["effective_dimension"] == pytest.approx(reference.effective_dimension(a))
    if name in BOUNDED:
        low, high = BOUNDED[name]
        assert record["phi_b"] == pytest.approx(np.abs(2 * (a - low) / (high - low) - 1).mean(), rel=1e-4)
    else:
        assert record["phi_b"] is None
    rests_off_zero = name in ("sigmoid", "hard_sigmoid", "softplus")
    score = np.abs(a - a.mean(axis=0) if rests_off_zero else a).mean(axis=0)
    assert record["dormant_unit_fraction"] == pytest.approx((score <= 0.025 * score.mean()).mean())


def check_gradients(record, oracle, layer, x, y):
    delta = oracle.delta(layer, x, y)
    assert record["delta_rms"] == pytest.approx(np.sqrt((delta**2).mean()), rel=1e-4)
    gradient = oracle.kernel_gradient(layer, x, y)
    assert record["gradient_rms"] == pytest.approx(np.sqrt((gradient**2).mean()), rel=2e-4)
    return delta


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", NAMES)
def test_records_of_convolution_and_dense_agree_with_numpy(name, norm):
    # given
    records, whole, units, oracle, x, y = measured("conv2d", name, norm)
    seen = oracle.forward(x)[1]

    # then
    for record in records:
        layer = record["name"]
        z, a = (part.reshape(-1, part.shape[-1]) for part in seen[layer][:2])
        check_shares(record, units[layer], z, name)
        check_activity(record, z, name)
        check_values(record, z, a, name)
        delta = check_gradients(record, oracle, layer, x, y)
        hard = name in ("relu", "relu6", "hard_sigmoid", "hard_tanh", "hard_silu")  # else no slope is exactly 0
        zeros = (delta == 0).mean() if hard else 0.0
        assert record["zero_gradient_fraction"] == pytest.approx(zeros, abs=3 / delta.size if hard else 0)
        kernel = oracle.weights[layer][0]
        assert record["weight_std"] == pytest.approx(kernel.std(), rel=1e-5)
        field = kernel[..., 0, 0].size
        target = prescribed_std(name, kernel.shape[-2] * field, kernel.shape[-1] * field)
        assert record["weight_std_target"] == (None if target is None else pytest.approx(target))
        assert record["non_finite"] == 0
        assert record["identical_units"] is False
    assert whole["vanish_ratio"] == pytest.approx(records[0]["delta_rms"] / records[1]["delta_rms"])
    assert whole["loss_over_chance"] == pytest.approx(oracle.row_losses(x, y).mean() / np.log(10), rel=1e-4)


@pytest.mark.parametrize("norm", NORMS)
def test_records_of_maxout_agree_with_numpy(norm):
    # given
    records, _, units, oracle, x, y = measured("maxout", "", norm)
    seen = oracle.forward(x)[1]

    # then
    for record in records:
        z, a, pieces = seen[record["name"]]
        wins = np.stack([(pieces.argmax(axis=-1) == piece).mean(axis=0) for piece in range(3)], axis=-1)
        assert np.array(units[record["name"]]["piece_share"]) == pytest.approx(wins, abs=1e-5)
        assert record["dead_piece_fraction"] == pytest.approx((wins == 0).mean())
        assert record["output"]["std"] == pytest.approx(a.std(), rel=1e-4)
        assert record["preactivation"]["mean"] == pytest.approx(z.mean(), rel=1e-4, abs=1e-6)
        for key in ("saturated_fraction", "gate", "phi_b", "inactive_fraction", "weight_std_target"):
            assert record[key] is None
        check_gradients(record, oracle, record["name"], x, y)


@pytest.mark.parametrize("norm", ["before_activation", "after_activation"])
def test_fresh_batch_normalization_uses_the_probes_own_statistics(norm):
    # when
    records, _, _, oracle, x, _ = measured("conv2d", "tanh", norm, fresh=True)
    seen = oracle.forward(x, batch_statistics=True)[1]

    # then, and the moving statistics are what they were
    for record in records:
        assert record["preactivation"]["std"] == pytest.approx(seen[record["name"]][0].std(), rel=1e-3)
    for name, weights in oracle.weights.items():
        for kept, now in zip(weights, oracle.model.get_layer(name).get_weights(), strict=True):
            assert np.array_equal(kept.astype(np.float32), now)


def test_gates_and_weights_explain_the_whole_ratio():
    # given
    records, whole, _, oracle, x, _ = measured("conv2d", "tanh", "none")

    # then
    assert whole["gate_decades"] + whole["weight_decades"] == pytest.approx(np.log10(whole["vanish_ratio"]))
    slope = derivative("tanh", oracle.forward(x)[1][records[0]["name"]][0])
    assert whole["gate_decades"] == pytest.approx(np.log10(np.sqrt((slope**2).mean())), rel=1e-4)


def test_identical_units_are_told_and_what_is_not_a_number_is_null():
    # given a network of ones, and one whose weights are infinite
    body = {
        "dataset": {"name": "gaussian", "features": 30},
        "layers": [
            {"type": "dense", "units": 3, "activation": "tanh", "kernel_initializer": "ones"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "seed": 1,
    }
    spec = parse_spec(body)
    network = build_network(spec, (30,), None)
    x = np.random.default_rng(0).standard_normal((50, 30)).astype(np.float32)
    probe = Probe(network, spec.loss, build_loss(spec.loss), x, np.eye(10, dtype=np.float32)[np.arange(50) % 10], 0.05)
    same = probe.measure({}, {}, fresh=True, classes=10, variance=None)[0][0]

    # when
    network.hidden[0].kernel.assign(np.full((30, 3), np.nan))
    broken = probe.measure({}, {}, fresh=False, classes=10, variance=None)[0][0]

    # then
    assert same["identical_units"] is True
    assert broken["non_finite"] == 2 * 50 * 3
    assert broken["saturated_fraction"] is None
    assert broken["preactivation"] == dict.fromkeys(broken["preactivation"])
