"""Stacked programs that the next group of the same topology uses again."""

import json
from collections import OrderedDict
from collections.abc import Sequence

from satnet.spec import ExperimentSpec
from satnet.training import compiled
from satnet.training.data import Data
from satnet.training.losses import build_loss
from satnet.training.network import Network
from satnet.training.optimizer import build_optimizer
from satnet.training.stacked import StackedProgram

_MOST = 6  # programs kept
_programs: OrderedDict[str, StackedProgram] = OrderedDict()


def obtain(specs: Sequence[ExperimentSpec], network: Network, data: Data) -> StackedProgram:
    """A stacked program with room for all specs: a kept one, or one built now."""
    with_momentum = next((spec for spec in specs if momentum(spec)), specs[0])  # where one has it, all have its slots
    arguments = ("momentum",) if with_momentum.optimizer.name == "sgd" else ()
    places = 1 << (len(specs) - 1).bit_length()  # few sizes, so few programs to compile
    key = json.dumps([compiled.key(with_momentum, data, arguments), bool(momentum(with_momentum)), places])
    program = _programs.pop(key, None)
    if program is None:
        loss, optimizer = build_loss(with_momentum.loss), build_optimizer(with_momentum)
        batch_size = with_momentum.training.batch_size
        program = StackedProgram(
            network,
            loss,
            optimizer,
            trials=places,
            batch_size=batch_size,
            multi_label=data.task == "multi_label",
        )
    _programs[key] = program
    while len(_programs) > _MOST:
        _programs.popitem(last=False)
    return program


def forget() -> None:
    """Drop all kept programs."""
    _programs.clear()


def momentum(spec: ExperimentSpec) -> float:
    """The optimizer's; 0 where it has none."""
    return float(spec.optimizer.parameters.get("momentum") or 0.0)
