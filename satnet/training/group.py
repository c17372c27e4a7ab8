"""Several experiments in one program: each is measured, stopped and finished as if it trained alone."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from satnet.errors import DeadlineExceeded, Interrupted, OutOfMemory, SatnetError
from satnet.spec import ExperimentSpec
from satnet.training import compiled, rows
from satnet.training.checkpoint import Checkpoint
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.compiled import CompiledNetwork
from satnet.training.data import Data, probe_index
from satnet.training.environment import environment
from satnet.training.fold_run import FoldRun, Report
from satnet.training.network import initialize
from satnet.training.optimizer import build_optimizer
from satnet.training.program import EpochSums, build_loss
from satnet.training.regularizers import strengths
from satnet.training.result import TrainingResult
from satnet.training.rows import prepared
from satnet.training.run import KeepModel, kept_model, summary_extra
from satnet.training.stacked import StackedProgram
from satnet.training.stopping import StoppingRules

_MOST = 6  # stacked programs kept
_programs: OrderedDict[str, StackedProgram] = OrderedDict()


@dataclass
class Member:
    """One experiment of a group.

    Attributes:
        spec: with its seed drawn.
        on_epoch, check, keep_model, keep_checkpoint: as for satnet.training.run.train.
        done: called once, with how it ended: its result, or what `train` would have raised.
    """

    spec: ExperimentSpec
    on_epoch: Report
    check: Callable[[], None]
    done: Callable[[TrainingResult | Exception], None]
    keep_model: KeepModel | None = None
    keep_checkpoint: Callable[[Checkpoint], None] | None = None


def train_group(members: Sequence[Member], *, data_dir: Path, checkpoint_every: float = 10.0) -> None:
    """Train specs that may train side by side (satnet.sweeps.stacking) from the start to each one's end.

    What goes wrong for one member ends that one; what goes wrong for all (no data, no memory) ends all.
    """
    running: list[_Running] = []
    if not members:
        return
    try:
        running = _begun(members, data_dir, checkpoint_every)
        _epochs(running)
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        forget()
        compiled.forget()
        rows.forget()
        keras.backend.clear_session()
        _end_all(members, running, OutOfMemory(f"the device has not enough memory: {str(error)[:300]}"))
    except SatnetError as error:
        _end_all(members, running, error)


def forget() -> None:
    """Drop all kept programs."""
    _programs.clear()


def _end_all(members: Sequence[Member], running: Sequence["_Running"], error: Exception) -> None:
    over = {id(one.member) for one in running if one.over}
    for member in members:
        if id(member) not in over:
            member.done(error)


@dataclass
class _Running:
    member: Member
    fold: FoldRun
    stopping_rules: StoppingRules
    checkpoint_schedule: CheckpointSchedule
    place: int  # in the stacked program
    shared: "_Shared"
    rate: float
    alive: list[np.ndarray]
    over: bool = False

    def enter(self, weights: list[np.ndarray]) -> None:
        """Let the network, the optimizer and the probe hold what is this member's."""
        self.shared.compiled_network.network.model.set_weights(weights)
        self.shared.compiled_network.network.strengthen(self.fold.spec)
        self.fold.optimizer.learning_rate = self.rate
        self.fold.probe.alive = self.alive

    def leave(self) -> None:
        """Take back what changed."""
        self.rate = float(self.fold.optimizer.learning_rate)
        self.alive = self.fold.probe.alive

    def end(self, outcome: TrainingResult | Exception) -> None:
        """Tell how it ended; the program goes on for the others."""
        self.over = True
        self.member.done(outcome)

    def heard(self) -> None:
        """Between slices: whether somebody wants it stopped."""
        if not self.over:
            try:
                self.checkpoint_schedule.check()
            except SatnetError as error:
                self.end(error)

    def epoch_over(self, epoch: int, sums: EpochSums, began: float, weights: Callable[[int], list[np.ndarray]]) -> None:
        """Measure, tell, decide."""
        self.enter(weights(self.place))
        try:
            self.fold.epoch_over(epoch, sums, began, self.stopping_rules)
            self.leave()
            if self.stopping_rules.over or epoch == self.fold.spec.training.epochs:
                self.end(self.result())
                return
            self.checkpoint_schedule.epoch_over(lambda: self._checkpoint(epoch), time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - it is told; the others go on
            self.end(error)

    def _checkpoint(self, epoch: int) -> Checkpoint:
        return self.fold.checkpoint(
            epoch, self.stopping_rules, self.shared.program.optimizer_state(self.place, self.rate)
        )

    def result(self) -> TrainingResult:
        """What it leaves; the network holds its weights."""
        found, data = self.fold.result(self.stopping_rules), self.fold.data
        extra = summary_extra(found, data)
        if self.member.keep_model is not None:
            extra["model"] = kept_model(self.fold.network, data, self.member.keep_model)
        about = environment() | {"attempt": 1, "xla": True, "side_by_side": self.shared.members}
        return TrainingResult(extra, about, found.stop_reason)


@dataclass
class _Shared:
    compiled_network: CompiledNetwork
    program: StackedProgram
    members: int


def _begun(members: Sequence[Member], data_dir: Path, checkpoint_every: float) -> list[_Running]:
    first = members[0].spec
    _, ready = next(iter(prepared(first, data_dir)))
    data = ready()
    probed = data.probed(probe_index(data.labels, data.classes, first.saturation.probe_size, first.rows_seed))
    compiled_network = compiled.compiled_network(first, None, data, probed)
    shared = _Shared(compiled_network, _program([one.spec for one in members], compiled_network, data), len(members))
    shared.program.load(*data.on_device, data.scaling)
    running, weights, penalties = [], [], []
    for place, member in enumerate(members):
        spec = member.spec
        initialize(compiled_network.network, spec, None)
        weights.append(compiled_network.network.model.get_weights())
        penalties.append(
            [strengths(layer) or (0.0, 0.0) for _, layer in compiled_network.network.weighted if strengths(layer)]
        )
        checkpoint_schedule = CheckpointSchedule(_deadline(member), member.keep_checkpoint, checkpoint_every)
        fold = FoldRun(spec, compiled_network, data, None, member.on_epoch, checkpoint_schedule)
        rate = float(spec.optimizer.parameters["learning_rate"])
        running.append(_Running(member, fold, StoppingRules.of(spec), checkpoint_schedule, place, shared, rate, []))
    spare = shared.program.trials - len(running)  # places that nobody has: they stand still, and nobody looks
    rates = [one.rate for one in running] + spare * [0.0]
    momenta = [_momentum(one.fold.spec) for one in running] + spare * [0.0]
    shared.program.begin(weights + spare * weights[:1], rates, momenta)
    shared.program.penalise(penalties + spare * penalties[:1])
    for one, initial in zip(running, weights, strict=True):
        one.enter(initial)
        one.stopping_rules.ended = one.fold.report(0, None, time.monotonic())
        one.leave()
        if one.stopping_rules.ended is not None:
            one.end(one.result())
    return running


def _deadline(member: Member) -> Callable[[], None]:
    limit = member.spec.resources.max_seconds
    end = time.monotonic() + limit

    def check() -> None:
        member.check()
        if time.monotonic() > end:
            raise DeadlineExceeded(f"ran longer than resources.max_seconds = {limit}")

    return check


def _epochs(running: Sequence[_Running]) -> None:
    program, fold = running[0].shared.program, running[0].fold

    def check() -> None:
        for one in running:
            one.heard()
        if all(one.over for one in running):
            raise Interrupted("lost")  # nobody is left to train for

    for epoch in range(1, max(one.fold.spec.training.epochs for one in running) + 1):
        if all(one.over for one in running):
            return
        began = time.monotonic()
        sums = program.epoch(fold.order(epoch), check)
        weights = program.fetch()
        for one in running:
            if not one.over:
                one.epoch_over(epoch, sums[one.place], began, weights)
        program.rates.assign([one.rate for one in running] + (program.trials - len(running)) * [0.0])


def _program(specs: Sequence[ExperimentSpec], compiled_network: CompiledNetwork, data: Data) -> StackedProgram:
    """A stacked program for the topology: a kept one, or one built now."""
    some = next((spec for spec in specs if _momentum(spec)), specs[0])  # where one has momentum, all have its slots
    arguments = ("momentum",) if some.optimizer.name == "sgd" else ()
    places = 1 << (len(specs) - 1).bit_length()  # few sizes, so few programs to compile
    key = json.dumps([compiled.key(some, data, arguments), bool(_momentum(some)), places])
    found = _programs.pop(key, None)
    if found is None:
        found = StackedProgram(
            compiled_network.network,
            build_loss(some.loss),
            build_optimizer(some),
            trials=places,
            batch_size=some.training.batch_size,
        )
    _programs[key] = found
    while len(_programs) > _MOST:
        _programs.popitem(last=False)
    return found


def _momentum(spec: ExperimentSpec) -> float:
    return float(spec.optimizer.parameters.get("momentum") or 0.0)
