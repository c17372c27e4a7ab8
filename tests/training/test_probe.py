"""The compiled probe against NumPy in float64, written the obvious way."""

import numpy as np
import pytest

from satnet.saturation.activations import derivative
from satnet.saturation.regions import region
from satnet.spec import parse_spec
from satnet.training.network import build_network
from satnet.training.probe import Probe
from satnet.training.program import build_loss

NAMES = [
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "gelu",
    "silu",
    "mish",
    "hard_sigmoid",
    "hard_tanh",
]


def measured(name, norm):
    layer = {
        "type": "dense",
        "units": 7,
        "activation": name,
        "batch_normalization": norm,
        "kernel_initializer": {"name": "random_normal", "mean": 0.0, "stddev": 0.5},
    }
    spec = parse_spec(
        {
            "dataset": {"name": "gaussian", "features": 30},
            "layers": [layer, layer, {"type": "dense", "units": 10, "activation": "softmax"}],
            "seed": 5,
        }
    )
    network = build_network(spec, (30,), None)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 30)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 200)]
    probe = Probe(network, spec.loss, build_loss(spec.loss), x, y, 0.05)
    records, whole, _ = probe.measure({}, {}, fresh=False, classes=10, variance=None)
    outputs = [np.asarray(part, np.float64) for part in network.probe(x, training=False)]
    return records, whole, outputs, y


@pytest.mark.parametrize("norm", ["none", "before_activation", "after_activation"])
@pytest.mark.parametrize("name", NAMES)
def test_layer_record_agrees_with_numpy(name, norm):
    # given the first hidden layer's z and a
    records, _, outputs, _ = measured(name, norm)
    z, a = outputs[0], outputs[3]
    bounds = region(name, {}, 0.05)

    # when
    record = records[0]

    # then
    if bounds.low is None and bounds.high is None:
        assert record["saturated_fraction"] is None
    else:
        low = np.zeros_like(z, bool) if bounds.low is None else z <= bounds.low
        high = np.zeros_like(z, bool) if bounds.high is None else z >= bounds.high
        assert record["saturated_fraction"] == pytest.approx((low | high).mean(), abs=1e-12)
    gate = np.abs(derivative(name, z)).mean() / bounds.slope
    assert record["gate"] == pytest.approx(gate, rel=1e-4)
    assert record["preactivation"]["std"] == pytest.approx(z.std(), rel=1e-4)
    assert record["preactivation"]["p85"] == pytest.approx(np.percentile(z, 85), rel=1e-4)
    assert record["output"]["mean"] == pytest.approx(a.mean(), rel=1e-4, abs=1e-7)
    if name in ("relu", "relu6"):
        assert record["inactive_fraction"] == pytest.approx((z <= 0).mean(), abs=1e-12)
        assert record["dead_unit_fraction"] == pytest.approx((z <= 0).all(axis=0).mean(), abs=1e-12)


def test_gates_and_weights_explain_the_whole_ratio():
    # given two tanh layers
    records, whole, outputs, _ = measured("tanh", "none")

    # then
    assert whole["vanish_ratio"] == pytest.approx(records[0]["delta_rms"] / records[1]["delta_rms"])
    assert whole["gate_decades"] + whole["weight_decades"] == pytest.approx(np.log10(whole["vanish_ratio"]))
    first_gate = np.sqrt((derivative("tanh", outputs[0]) ** 2).mean())
    assert whole["gate_decades"] == pytest.approx(np.log10(first_gate), rel=1e-4)
