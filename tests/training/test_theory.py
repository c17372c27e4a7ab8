"""The dataset `gaussian`, where theory predicts every number: z of each unit is normal."""

import numpy as np
import pytest

from satnet.saturation.activations import derivative
from satnet.saturation.regions import region
from satnet.spec import parse_spec
from satnet.training.data import prepare
from satnet.training.losses import build_loss
from satnet.training.network import build_network
from satnet.training.probe import Probe
from satnet.training.source import load_rows

INITIALIZERS = {
    "narrow": ({"name": "random_uniform", "minval": -0.05, "maxval": 0.05}, 0.05 / np.sqrt(3)),
    "lecun": ("lecun_normal", np.sqrt(1 / 784)),
    "glorot_uniform": ("glorot_uniform", np.sqrt(2 / 809)),
    "glorot_normal": ("glorot_normal", np.sqrt(2 / 809)),
    "he": ("he_normal", np.sqrt(2 / 784)),
    "wide": ({"name": "random_uniform", "minval": -0.1, "maxval": 0.1}, 0.1 / np.sqrt(3)),
}
TABLE = {  # METRICS section 4: tanh saturated, tanh gate, sigmoid saturated, sigmoid gate
    "narrow": (0.007, 0.68, 0.0, 0.87),
    "lecun": (0.029, 0.61, 0.0, 0.83),
    "glorot_uniform": (0.118, 0.49, 0.002, 0.73),
    "wide": (0.178, 0.43, 0.007, 0.68),
}


def theory(name, std):
    """Saturated share and gate of z ~ N(0, std), by integration over a fine grid."""
    z = np.linspace(-12, 12, 200_001) * std
    weight = np.exp(-0.5 * (z / std) ** 2)
    weight /= weight.sum()
    bounds = region(name, {}, 0.05)
    saturated = weight[(z <= bounds.low) | (z >= bounds.high)].sum()
    return saturated, (weight * np.abs(derivative(name, z))).sum() / bounds.slope


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("key", INITIALIZERS)
def test_saturation_and_gate_are_what_theory_predicts(key, activation):
    # given
    initializer, std = INITIALIZERS[key]
    dense = {"type": "dense", "units": 25, "activation": activation, "kernel_initializer": initializer}
    spec = parse_spec(
        {
            "dataset": {"name": "gaussian", "standardize": "none"},
            "layers": [dense, {"type": "dense", "units": 10, "activation": "softmax"}],
            "seed": 7,
        }
    )
    train, test = load_rows(spec, None)
    data = prepare(spec, train, None, test, 10)

    # when
    network = build_network(spec, (784,), None)
    probe = Probe(
        network,
        spec.loss,
        build_loss(spec.loss),
        data.train.x[:1024],
        data.train.y[:1024],
        spec.saturation.epsilon,
    )
    layer = probe.measure({}, {}, fresh=True, classes=10, variance=None)[0][0]

    # then
    saturated, gate = theory(activation, std * np.sqrt(784))
    assert layer["saturated_fraction"] == pytest.approx(saturated, abs=0.02)
    assert layer["gate"] == pytest.approx(gate, abs=0.02)
    if key in TABLE:
        tanh, tanh_gate, sigmoid, sigmoid_gate = TABLE[key]
        row = (tanh, tanh_gate) if activation == "tanh" else (sigmoid, sigmoid_gate)
        assert (layer["saturated_fraction"], layer["gate"]) == pytest.approx(row, abs=0.02)
