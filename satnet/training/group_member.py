"""One experiment of a group: measured, stopped and finished as if it trained alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from satnet.errors import DeadlineExceeded, SatnetError
from satnet.spec import ExperimentSpec
from satnet.training.checkpoint import Checkpoint
from satnet.training.checkpoint_schedule import CheckpointSchedule
from satnet.training.compiled import CompiledNetwork
from satnet.training.data import Data
from satnet.training.environment import environment
from satnet.training.fold_run import FoldRun, Report
from satnet.training.program import EpochSums
from satnet.training.result import TrainingResult
from satnet.training.run import KeepModel, kept_model, summary_extra
from satnet.training.stacked import StackedProgram
from satnet.training.stopping import StoppingRules


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


@dataclass(frozen=True)
class SharedNetwork:
    """What all members of a group take turns with."""

    compiled: CompiledNetwork
    program: StackedProgram
    data: Data
    members: int


@dataclass
class RunningMember:
    """A member that trains, and what is its own between its turns with the shared network."""

    member: Member
    shared: SharedNetwork
    place: int  # in the stacked program
    fold: FoldRun
    rules: StoppingRules
    rate: float
    alive: list[np.ndarray] = field(default_factory=list)
    over: bool = False

    @classmethod
    def of(cls, member: Member, shared: SharedNetwork, place: int, checkpoint_every: float) -> "RunningMember":
        """At its start."""
        schedule = CheckpointSchedule(_with_deadline(member), member.keep_checkpoint, checkpoint_every)
        fold = FoldRun(member.spec, shared.compiled, shared.data, None, member.on_epoch, schedule)
        rate = float(member.spec.optimizer.parameters["learning_rate"])
        return cls(member, shared, place, fold, StoppingRules.of(member.spec), rate)

    def begin(self, weights: list[np.ndarray]) -> None:
        """Measure epoch 0."""
        self._enter(weights)
        self.rules.ended_by = self.fold.report(0, None, time.monotonic())
        self._leave()
        if self.rules.ended_by is not None:
            self.end(self._result())

    def check(self) -> None:
        """Between slices: whether somebody wants it stopped."""
        if not self.over:
            try:
                self.fold.schedule.check()
            except SatnetError as error:
                self.end(error)

    def epoch_over(self, epoch: int, sums: EpochSums, began: float, weights: list[np.ndarray]) -> None:
        """Measure, report, decide."""
        self._enter(weights)
        try:
            self.fold.epoch_over(epoch, sums, began, self.rules)
            self._leave()
            if self.rules.over or epoch == self.member.spec.training.epochs:
                self.end(self._result())
                return
            self.fold.schedule.epoch_over(lambda: self._checkpoint(epoch), time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - it is reported; the others go on
            self.end(error)

    def end(self, outcome: TrainingResult | Exception) -> None:
        """Report how it ended; the program goes on for the others."""
        self.over = True
        self.member.done(outcome)

    def _enter(self, weights: list[np.ndarray]) -> None:
        """Let the network, the optimizer and the probe hold what is this member's."""
        self.fold.network.model.set_weights(weights)
        self.fold.network.strengthen(self.member.spec)
        self.fold.optimizer.learning_rate = self.rate
        self.fold.probe.alive = self.alive

    def _leave(self) -> None:
        """Take back what changed."""
        self.rate = float(self.fold.optimizer.learning_rate)
        self.alive = self.fold.probe.alive

    def _checkpoint(self, epoch: int) -> Checkpoint:
        return self.fold.checkpoint(epoch, self.rules, self.shared.program.optimizer_state(self.place, self.rate))

    def _result(self) -> TrainingResult:
        """What it leaves; the network holds its weights."""
        result, data = self.fold.result(self.rules), self.shared.data
        extra = summary_extra(result, data)
        if self.member.keep_model is not None:
            extra["model"] = kept_model(self.fold.network, data, self.member.keep_model)
        about = environment() | {"attempt": 1, "xla": True, "side_by_side": self.shared.members}
        return TrainingResult(extra, about, result.stop_reason)


def _with_deadline(member: Member) -> Callable[[], None]:
    limit = member.spec.resources.max_seconds
    end = time.monotonic() + limit

    def check() -> None:
        member.check()
        if time.monotonic() > end:
            raise DeadlineExceeded(f"ran longer than resources.max_seconds = {limit}")

    return check
