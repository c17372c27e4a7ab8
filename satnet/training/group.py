"""Several experiments in one program."""

import time
from collections.abc import Sequence
from pathlib import Path

from satnet.errors import Interrupted, SatnetError
from satnet.training import compiled, stacked_cache
from satnet.training.group_member import Member, RunningMember, SharedNetwork
from satnet.training.memory import device_memory
from satnet.training.network import initialize
from satnet.training.regularizers import strengths
from satnet.training.row_cache import prepared
from satnet.training.splits import probe_index
from satnet.training.weights import training_weights


def train_group(members: Sequence[Member], *, data_dir: Path, checkpoint_every: float = 10.0) -> None:
    """Train specs that can be stacked (satnet.sweeps.stacking) from the start to each one's end.

    What goes wrong for one member ends that one; what goes wrong for all (no data, no memory) ends all.
    """
    running: list[RunningMember] = []
    if not members:
        return
    try:
        with device_memory():
            running = _begun(members, data_dir, checkpoint_every)
            _epochs(running)
    except SatnetError as error:
        over = {id(one.member) for one in running if one.over}
        for member in members:
            if id(member) not in over:
                member.done(error)


def _begun(members: Sequence[Member], data_dir: Path, checkpoint_every: float) -> list[RunningMember]:
    first = members[0].spec
    _, ready = next(iter(prepared(first, data_dir)))
    data = ready()
    probed = data.probed(probe_index(data.labels, data.classes, first.saturation.probe_size, first.rows_seed))
    built = compiled.obtain(first, None, data, probed)
    program = stacked_cache.obtain([member.spec for member in members], built.network, data)
    program.load(*data.on_device, data.scaling, training_weights(first, data))
    shared = SharedNetwork(built, program, data, len(members))
    weights, penalties = [], []
    for member in members:
        initialize(built.network, member.spec, None)
        weights.append(built.network.model.get_weights())
        penalties.append([pair for _, layer in built.network.weighted if (pair := strengths(layer))])
    running = [RunningMember.of(member, shared, place, checkpoint_every) for place, member in enumerate(members)]
    spare = program.trials - len(members)  # places that nobody has: they stand still, and nobody looks
    program.begin(
        weights + spare * weights[:1],
        [member.rate for member in running] + spare * [0.0],
        [stacked_cache.momentum(member.spec) for member in members] + spare * [0.0],
        penalties + spare * penalties[:1],
    )
    for one, initial in zip(running, weights, strict=True):
        one.begin(initial)
    return running


def _epochs(running: Sequence[RunningMember]) -> None:
    shared, order = running[0].shared, running[0].fold.order
    program = shared.program

    def check() -> None:
        for member in running:
            member.check()
        if all(member.over for member in running):
            raise Interrupted("lost")  # nobody is left to train for

    for epoch in range(1, max(member.member.spec.training.epochs for member in running) + 1):
        if all(member.over for member in running):
            return
        began = time.monotonic()
        sums = program.run(order(epoch), check)
        weights = program.fetch()
        for member in running:
            if not member.over:
                member.epoch_over(epoch, sums[member.place], began, weights(member.place))
        program.use_rates([member.rate for member in running] + (program.trials - len(running)) * [0.0])
