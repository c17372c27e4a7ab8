"""satnet's epoch program on bytes, as it trains pictures.

`ours.py WORK on|off|other`: with the measurements, without, or with them and the other choice of XLA than the rule's.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from runners import work
from satnet.spec import expand_layers, parse_spec
from satnet.training.losses import build_loss
from satnet.training.network import Network, build_network
from satnet.training.optimizer import build_optimizer
from satnet.training.probe import Probe
from satnet.training.program import EpochProgram, wants_xla

SLOW = 16  # the part of an epoch that a convolution under XLA trains, scaled


def spec_of(name: str) -> object:
    """The work as a spec."""
    task = work.WORK[name]
    layers: list[dict[str, object]] = []
    if "filters" in task:
        layers.append({"type": "reshape", "target_shape": [28, 28, 1]})
        for place, filters in enumerate(task["filters"]):
            layers += [{"type": "max_pooling2d"}] if place else []
            layers.append({"type": "conv2d", "filters": filters, "kernel_size": 3, "activation": "relu"})
        layers.append({"type": "flatten"})
    for units, activation in task["hidden"]:
        norm = "before_activation" if task.get("batch_norm") else "none"
        layers.append({"type": "dense", "units": units, "activation": activation, "batch_normalization": norm})
        if "dropout" in task:
            layers.append({"type": "dropout", "rate": task["dropout"]})
    layers.append({"type": "dense", "units": work.CLASSES, "activation": "softmax"})
    return parse_spec(
        {
            "dataset": {"name": "gaussian", "features": work.FEATURES},
            "layers": layers,
            "optimizer": task["optimizer"],
            "training": {"batch_size": task["batch"]},
            "seed": 1,
        }
    )


@dataclass(frozen=True)
class Built:
    """A network with its programs, ready for an epoch; the probe's rows as tensors-to-be."""

    network: Network
    loss: Any
    program: EpochProgram
    probe: Probe
    probed: tuple[np.ndarray, np.ndarray]


def built(name: str, *, other: bool = False) -> Built:
    """The work on bytes. `other`: with the other choice of XLA than the rule's."""
    spec = spec_of(name)
    x, labels = work.pixels()
    y = work.one_hot(labels)
    scaling = float(x.mean(dtype=np.float64)), float(x.std(dtype=np.float64))
    network, loss = build_network(spec, (work.FEATURES,), None), build_loss(spec.loss)
    program = EpochProgram(
        network,
        loss,
        build_optimizer(spec),
        tf.constant(x),
        tf.constant(y),
        batch_size=spec.training.batch_size,
        xla=wants_xla({layer.type for layer in expand_layers(spec)}) != other,
        scaling=scaling,
    )
    probed = (x[: work.PROBED].astype(np.float32) - scaling[0]) / scaling[1], y[: work.PROBED]
    return Built(network, loss, program, Probe(network, spec.loss, loss, *probed, 0.05), probed)


def main(name: str, measuring: str) -> None:
    """Serve."""
    ready = built(name, other=measuring == "other")
    program, probe = ready.program, ready.probe
    order = np.random.default_rng(0)
    part = SLOW if measuring == "other" and "convolution" in name else 1  # minutes an epoch

    def epoch() -> None:
        rows = order.permutation(work.ROWS)[: work.ROWS // part]
        sums = program.run(rows, lambda: None, measuring != "off")
        if measuring != "off":
            probe.measure(sums.update_ratio, sums.movement, fresh=False, classes=work.CLASSES, variance=None)

    epoch()
    epoch()
    work.serve(epoch, part)


if __name__ == "__main__":
    main(*sys.argv[1:])
