"""Compiled networks that the next experiment of the same topology uses again: nothing is traced or compiled anew.

Learning rate, strengths of regularizers, initial weights, seeds and rows are arguments; everything else that a compiled
program has built in is its key. Every draw has a seed of its own, and nothing sets TensorFlow's global one: doing so
clears its kernel caches, and the next call of each program then takes 80 to 170 ms more.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from satnet.spec import ExperimentSpec, expand_layers
from satnet.training.data import Data
from satnet.training.evaluation import Evaluation
from satnet.training.losses import build_loss
from satnet.training.network import Network, build_network, initialize
from satnet.training.optimizer import build_optimizer
from satnet.training.probe import Probe
from satnet.training.program import EpochProgram, wants_xla
from satnet.training.rows import Rows
from satnet.training.weights import training_weights

_MOST = 16  # networks kept
_MOST_PARAMETERS = 20_000_000  # of all kept networks together; three times as much with an optimizer's slots


@dataclass
class CompiledNetwork:
    """A network with everything that is compiled for it."""

    network: Network
    loss: Any
    optimizer: Any
    evaluate: Evaluation
    program: EpochProgram
    probe: Probe
    xla: bool
    slots: list[Any]  # the optimizer's variables as they were before the first step

    def begin(self, spec: ExperimentSpec, fold: int | None, data: Data, probed: Rows) -> None:
        """As if everything had been built anew for `spec` and these rows."""
        initialize(self.network, spec, fold)
        for variable, value in zip(self.optimizer.variables, self.slots, strict=True):
            variable.assign(value)
        if not _scheduled(spec):
            self.optimizer.learning_rate = float(spec.optimizer.parameters["learning_rate"])
        self.program.load(*data.on_device, data.scaling, training_weights(spec, data))
        self.probe.load(probed.x, probed.y)


_compiled_networks: OrderedDict[str, CompiledNetwork] = OrderedDict()


def _scheduled(spec: ExperimentSpec) -> bool:
    schedule = spec.training.learning_rate_schedule
    return schedule is not None and schedule.name != "reduce_on_plateau"


def key(spec: ExperimentSpec, data: Data, arguments: tuple[str, ...] = ()) -> str:
    """What is built into the compiled program, as text; `arguments`: of the optimizer, besides the learning rate."""
    content = spec.to_json()
    layers = [_built_in(layer) for layer in content["layers"]]
    optimizer = {name: value for name, value in content["optimizer"].items() if name not in arguments}
    if not _scheduled(spec):
        del optimizer["learning_rate"]
    built_in = [
        layers,
        optimizer,
        content["loss"],
        spec.training.batch_size,
        content["training"]["learning_rate_schedule"] if _scheduled(spec) else None,
        spec.saturation.epsilon,
        spec.resources.precision,
        [[part.dtype.name, *part.shape[1:]] for part in (data.train.x, data.train.y)],
        data.task == "multi_label",
    ]
    return json.dumps(built_in, sort_keys=True)


def _built_in(layer: dict[str, Any]) -> dict[str, Any]:
    """What of a layer is no argument."""
    kept = {name: value for name, value in layer.items() if name not in ("kernel_initializer", "bias_initializer")}
    if (named := kept.get("kernel_regularizer")) is not None:
        kept["kernel_regularizer"] = named["name"] if isinstance(named, dict) else named
    return kept


def obtain(spec: ExperimentSpec, fold: int | None, data: Data, probed: Rows) -> CompiledNetwork:
    """A compiled network for the spec, ready for its first epoch: a kept one, or one built now. Raises BuildError."""
    for kept in _compiled_networks.values():
        kept.program.load(None, None)  # the last experiment's rows need not wait for the program's next use
    name = key(spec, data)
    network = _compiled_networks.pop(name, None) or _build(spec, fold, data, probed)
    _compiled_networks[name] = network
    while len(_compiled_networks) > 1 and (len(_compiled_networks) > _MOST or _parameters() > _MOST_PARAMETERS):
        _compiled_networks.popitem(last=False)
    network.begin(spec, fold, data, probed)
    return network


def forget() -> None:
    """Drop all kept networks, after an error that may have left one in disorder."""
    _compiled_networks.clear()


def _parameters() -> int:
    return sum(kept.network.model.count_params() for kept in _compiled_networks.values())


def _build(spec: ExperimentSpec, fold: int | None, data: Data, probed: Rows) -> CompiledNetwork:
    network = build_network(spec, data.train.x.shape[1:], fold)
    loss, optimizer = build_loss(spec.loss), build_optimizer(spec)
    multi_label = data.task == "multi_label"
    xla = wants_xla({layer.type for layer in expand_layers(spec)})
    program = EpochProgram(
        network,
        loss,
        optimizer,
        *data.on_device,
        batch_size=spec.training.batch_size,
        xla=xla,
        scaling=data.scaling,
        multi_label=multi_label,
    )
    return CompiledNetwork(
        network=network,
        loss=loss,
        optimizer=optimizer,
        evaluate=Evaluation(network, loss, multi_label),
        program=program,
        probe=Probe(network, spec.loss, loss, probed.x, probed.y, spec.saturation.epsilon, multi_label),
        xla=xla,
        slots=[variable.numpy() for variable in optimizer.variables],
    )
