"""The public documents of sweeps: the sweep, its trials, its best point, the parameters' importance."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.epoch import Number
from satnet.records.schema.experiment import StatusReason, Time
from satnet.records.schema.summary import Interval
from satnet.records.status import SweepStatus, TrialStatus

Parameters = dict[str, Any]  # JSON pointer into base -> value
Metric = Annotated[str, About("A field of the epoch record, such as validation.accuracy.")]
Verdict = Literal["winner", "no_difference_found", "unknown", "nothing_succeeded"]


class ErrorRecord(TypedDict):
    """One thing that is wrong with a spec."""

    pointer: Annotated[str, About("JSON pointer of the field.")]
    detail: Annotated[str, About("What is wrong and what is allowed.")]
    code: Annotated[str, About("The error's code.")]
    got: NotRequired[Annotated[JsonValue, About("What came.")]]


class StoredPoint(TypedDict):
    """A point as it is stored."""

    parameters: Annotated[Parameters, About("Values by JSON pointer.")]
    errors: NotRequired[Annotated[list[ErrorRecord], About("Why the point is no valid spec.")]]


class TrialOutcome(TypedDict):
    """What a trial brings to its sweep."""

    value: Annotated[Number, About("The objective; the mean over folds.")]
    folds: Annotated[list[float] | None, About("The objective of each fold.")]
    epoch: Annotated[int | None, About("The epoch that it is of.")]
    epochs: Annotated[int, About("Epochs that were measured.")]
    row: Annotated[dict[str, Number], About("The usual columns of tables, at that epoch.")]
    seconds: Annotated[float, About("Training and measuring, in seconds.")]


class PointSummary(TypedDict):
    """One point with its mean and interval."""

    point: Annotated[int, About("The point's number, from 0.")]
    parameters: Annotated[Parameters, About("Its values, as tables show them.")]
    value: Annotated[Number, About("Mean of the objective over its repeats.")]
    interval: Annotated[Interval | None, About("95 % interval of the mean; null for one value.")]
    repeats: Annotated[int, About("Repeats with a value.")]
    missing: Annotated[int, About("Repeats without one.")]
    folds: Annotated[int | None, About("How many folds the interval is from; null: from repeats.")]


class RunnerUp(PointSummary):
    """Another point, compared with the best."""

    difference: Annotated[Number, About("How far the best point is ahead, over equal seeds or folds.")]
    difference_interval: Annotated[Interval | None, About("Its interval, judged together with the others.")]
    pairs: Annotated[int, About("Pairs that the difference is from.")]


class Ranking(TypedDict):
    """Whether the best point is better than the others by more than the noise."""

    verdict: Annotated[Verdict, About("What the comparison says.")]
    message: Annotated[str, About("The same in words.")]
    best: Annotated[PointSummary | None, About("The best point; null before the first value.")]
    runners_up: Annotated[list[RunnerUp], About("The ten next points.")]
    indistinguishable: Annotated[list[int], About("Numbers of points that may be as good.")]


class SweepProgress(TypedDict):
    """How far a sweep is."""

    points: Annotated[int, About("Points that are tried.")]
    invalid_points: Annotated[int, About("Points that are no valid spec.")]
    trials: Annotated[int, About("Trials of the valid ones.")]
    queued: Annotated[int, About("Queued trials.")]
    running: Annotated[int, About("Running trials.")]
    paused: Annotated[int, About("Paused trials.")]
    succeeded: Annotated[int, About("Trials that succeeded.")]
    failed: Annotated[int, About("Trials that failed.")]
    cancelled: Annotated[int, About("Trials that were cancelled.")]
    reused: Annotated[int, About("Trials that an earlier experiment stands for.")]
    epochs: Annotated[int, About("Epochs trained for this sweep.")]
    fraction: Annotated[float, About("0 to 1.")]
    eta_s: Annotated[float | None, About("Expected seconds to the end; null before the first trial is over.")]


class Leader(TypedDict):
    """The best point so far."""

    point: Annotated[int, About("The point's number, from 0.")]
    parameters: Annotated[Parameters, About("Its values, as tables show them.")]
    value: Annotated[Number, About("Mean of the objective over its repeats.")]
    interval: Annotated[Interval | None, About("95 % interval of the mean; null for one value.")]


class SweepBrief(TypedDict):
    """A sweep, as GET /v1/sweeps lists it."""

    id: Annotated[str, About("swp_...; sorts by time.")]
    object: Annotated[Literal["sweep"], About("What this is.")]
    name: Annotated[str | None, About("The user's name for it.")]
    status: Annotated[SweepStatus, About("Where it is in its life.")]
    is_terminal: Annotated[bool, About("Whether it is over.")]
    status_reason: Annotated[StatusReason | None, About("Why it cannot go on; null where its trials ended it.")]
    spec: Annotated[dict[str, Any], About("The normalised sweep; its schema is at /v1/schema/sweep.")]
    created_at: Annotated[Time | None, About("When it was submitted.")]
    finished_at: Annotated[Time | None, About("When it became terminal.")]
    owner: Annotated[str | None, About("Whose key submitted it; null where no key was needed.")]
    links: Annotated[dict[str, str], About("Paths of what belongs to it.")]


class SweepDocument(SweepBrief):
    """A sweep, as GET /v1/sweeps/{id} answers it."""

    progress: Annotated[SweepProgress, About("How far it is.")]
    best: Annotated[Leader | None, About("The best point so far.")]
    verdict: Annotated[Verdict, About("Whether it is better than the others by more than the noise.")]


class SweepPage(TypedDict):
    """GET /v1/sweeps."""

    data: Annotated[list[SweepBrief], About("Sweeps, newest first.")]
    has_more: Annotated[bool, About("Whether there are more.")]
    next: Annotated[str | None, About("Cursor for `after`; null at the end.")]


class TrialRow(TypedDict):
    """One trial, or one point that is no valid spec."""

    point: Annotated[int, About("The point's number, from 0.")]
    repeat: Annotated[int | None, About("Which seed, from 0; null for a point that is no valid spec.")]
    experiment: Annotated[str | None, About("Id of the experiment; null for a point that is no valid spec.")]
    status: Annotated[TrialStatus, About("The experiment's status, deleted or invalid.")]
    parameters: Annotated[Parameters, About("The point's values, as tables show them.")]
    errors: NotRequired[Annotated[list[ErrorRecord], About("Why the point is no valid spec.")]]
    value: NotRequired[Annotated[Number, About("The objective.")]]
    epoch: NotRequired[Annotated[int | None, About("The epoch that it is of.")]]
    epochs: NotRequired[Annotated[int | None, About("Epochs that were measured.")]]
    seed: NotRequired[Annotated[int, About("The seed.")]]
    stop_reason: NotRequired[Annotated[str | None, About("Why it stopped.")]]
    reason: NotRequired[Annotated[StatusReason | None, About("Why it failed.")]]
    reused: NotRequired[Annotated[bool, About("Whether an earlier experiment stands for it.")]]
    seconds: NotRequired[Annotated[Number, About("Training and measuring, in seconds.")]]
    metrics: NotRequired[Annotated[dict[str, Number] | None, About("The usual columns of tables, at that epoch.")]]


class TrialPage(TypedDict):
    """GET /v1/sweeps/{id}/trials."""

    data: Annotated[list[TrialRow], About("All trials, and points that are no valid spec.")]


class ObjectiveRecord(TypedDict):
    """What is best."""

    metric: Metric
    mode: Annotated[Literal["min", "max"] | None, About("Whether less or more is better.")]
    at: Annotated[Literal["last", "best"], About("Which measured epoch counts.")]


class BestAnswer(Ranking):
    """GET /v1/sweeps/{id}/best."""

    objective: Annotated[ObjectiveRecord, About("What is best.")]
    trials_open: Annotated[int, About("Trials that are not over.")]
    experiments: Annotated[list[str], About("Experiments of the best point.")]


class Importance(TypedDict):
    """How much one parameter explains."""

    parameter: Annotated[str, About("JSON pointer into base.")]
    importance: Annotated[float, About("Share of the objective's variance, 0 to 1.")]


class ImportanceAnswer(TypedDict):
    """GET /v1/sweeps/{id}/importance."""

    data: Annotated[list[Importance], About("Parameters, the most important first.")]
    points: Annotated[int, About("Points with a value.")]
    warning: Annotated[str | None, About("Why not to rely on it.")]
    method: Annotated[Literal["fanova", "ped_anova"], About("Optuna's evaluator.")]
