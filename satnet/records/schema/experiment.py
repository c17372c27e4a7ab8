"""The public document of an experiment, pages of them, and their events."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.epoch import EpochRecord, Metrics
from satnet.records.schema.finding import FindingRecord, Patch, Severity
from satnet.records.schema.summary import EpochEnd, Summary
from satnet.records.status import Status

SpecJson = dict[str, Any]  # a normalised experiment spec; its schema is at /v1/schema/experiment
Time = str  # RFC 3339, UTC


class StatusReason(TypedDict):
    """Why an experiment failed."""

    code: Annotated[str, About("worker_lost, stalled, out_of_memory, non_finite_loss, ...")]
    message: Annotated[str, About("What happened.")]
    retryable: Annotated[bool, About("Whether the same spec may succeed when tried again.")]


class Progress(TypedDict):
    """How far training is."""

    epoch: Annotated[int, About("Latest measured epoch, from 0.")]
    epochs: Annotated[int, About("Epochs that were asked for.")]
    fold: Annotated[int | None, About("Current fold; null without cross-validation.")]
    folds: Annotated[int | None, About("How many folds; null without cross-validation.")]
    fraction: Annotated[float, About("0 to 1.")]
    eta_s: Annotated[float | None, About("Expected seconds to the end; null before three epochs were timed.")]


class QueuePlace(TypedDict):
    """Where a queued experiment waits."""

    position: Annotated[int | None, About("From 1; null between two attempts.")]
    eta_s: Annotated[float | None, About("Expected wait in seconds; null where nothing is known.")]


class Place(TypedDict):
    """The epoch after which a checkpoint was taken."""

    fold: Annotated[int | None, About("Fold; null without cross-validation.")]
    epoch: Annotated[int, About("Epoch.")]


class Attempt(TypedDict):
    """One try of a worker."""

    attempt: Annotated[int, About("From 1.")]
    worker: Annotated[str, About("The worker's id.")]
    started_at: Annotated[Time | None, About("When it started.")]
    resumed_from: NotRequired[Annotated[Place | None, About("The checkpoint that it went on from.")]]
    ended_at: NotRequired[Annotated[Time | None, About("When it ended; absent while it runs.")]]
    ended: NotRequired[Annotated[str, About("How it ended.")]]


Transition = TypedDict(
    "Transition",
    {
        "from": Annotated[Status, About("Status before.")],
        "to": Annotated[Status, About("Status after.")],
        "at": Annotated[Time | None, About("When.")],
        "reason": Annotated[str | None, About("Code, where there is one.")],
    },
)
Transition.__doc__ = "A change of status."


class Environment(TypedDict, total=False):
    """What the result was computed with."""

    python: Annotated[str, About("Version of Python.")]
    keras: Annotated[str, About("Version of Keras.")]
    tensorflow: Annotated[str, About("Version of TensorFlow.")]
    numpy: Annotated[str, About("Version of NumPy.")]
    device: Annotated[Literal["cpu", "gpu"], About("Where it was computed.")]
    devices: Annotated[list[str], About("Devices that TensorFlow saw.")]
    intra_op_threads: Annotated[int, About("TensorFlow's threads; 0: its own choice.")]
    attempt: Annotated[int, About("The attempt that brought the result.")]
    xla: Annotated[bool, About("Whether the epoch program was compiled with XLA.")]
    side_by_side: Annotated[int, About("How many experiments trained in one program; absent for one alone.")]


class Parent(TypedDict):
    """The experiment that this one was derived from."""

    experiment: Annotated[str, About("The parent's id.")]
    role: Annotated[Literal["clone", "remedy", "baseline"], About("What this one is to it.")]
    patch: Annotated[Patch, About("The difference to the parent's spec.")]
    finding: NotRequired[Annotated[str, About("The finding that the remedy is for.")]]
    remedy: NotRequired[Annotated[int, About("Which of the finding's remedies, from 0.")]]


class ExperimentDocument(TypedDict):
    """An experiment, as GET /v1/experiments/{id} answers it."""

    id: Annotated[str, About("exp_...; sorts by time.")]
    object: Annotated[Literal["experiment"], About("What this is.")]
    kind: Annotated[Literal["experiment", "external"], About("external: trained elsewhere, records are posted.")]
    name: Annotated[str | None, About("The user's name for it.")]
    labels: Annotated[dict[str, str], About("The user's labels.")]
    status: Annotated[Status, About("Where it is in its life.")]
    is_terminal: Annotated[bool, About("Whether the status is one of succeeded, failed, cancelled.")]
    status_reason: Annotated[StatusReason | None, About("Why it failed.")]
    stop_reason: Annotated[str | None, About("completed, early_stopping, or what ended it early.")]
    message: Annotated[str | None, About("Why it waits, or what is being done to it.")]
    spec: Annotated[SpecJson, About("The normalised spec; its schema is at /v1/schema/experiment.")]
    spec_sha256: Annotated[str, About("SHA-256 of what determines the result in the spec.")]
    seed: Annotated[int, About("The seed.")]
    attempt: Annotated[int, About("The latest attempt's number; 0 before the first.")]
    attempts: Annotated[list[Attempt], About("Every attempt.")]
    progress: Annotated[Progress, About("How far it is.")]
    queue: Annotated[QueuePlace | None, About("Its place while it is queued.")]
    created_at: Annotated[Time | None, About("When it was submitted.")]
    started_at: Annotated[Time | None, About("When its first attempt started.")]
    finished_at: Annotated[Time | None, About("When it became terminal.")]
    transitions: Annotated[list[Transition], About("Every change of status.")]
    summary: Annotated[Summary | None, About("How it ended; null before.")]
    findings: Annotated[list[FindingRecord], About("The diagnosis so far, ordered by cause.")]
    environment: Annotated[Environment | None, About("What it was computed with.")]
    parent: Annotated[Parent | None, About("What it was derived from.")]
    sweep: Annotated[str | None, About("Id of the sweep that it is a trial of.")]
    owner: Annotated[str | None, About("Whose key submitted it; null where no key was needed.")]
    links: Annotated[dict[str, str], About("Paths of what belongs to it.")]


class FullExperiment(ExperimentDocument):
    """An experiment with its measured epochs: `satnet run` and `satnet show`."""

    epochs: Annotated[list[EpochRecord], About("Measured epochs in order.")]


class FindingLine(TypedDict):
    """A finding in a list."""

    id: Annotated[str, About("Rule and layer; stable.")]
    rule: Annotated[str, About("The rule's name.")]
    severity: Annotated[Severity, About("How bad it is.")]


class RowSummary(TypedDict):
    """The metrics of a summary."""

    final: Annotated[EpochEnd | None, About("The last measured epoch.")]
    best: Annotated[EpochEnd | None, About("The epoch with the smallest validation loss.")]


class RowParent(TypedDict):
    """The experiment that this one was derived from, without the difference."""

    experiment: Annotated[str, About("The parent's id.")]
    role: Annotated[Literal["clone", "remedy", "baseline"], About("What this one is to it.")]


class ExperimentRow(TypedDict):
    """An experiment in a list: what is small in its document."""

    id: Annotated[str, About("exp_...; sorts by time.")]
    object: Annotated[Literal["experiment"], About("What this is.")]
    kind: Annotated[Literal["experiment", "external"], About("external: trained elsewhere, records are posted.")]
    name: Annotated[str | None, About("The user's name for it.")]
    labels: Annotated[dict[str, str], About("The user's labels.")]
    status: Annotated[Status, About("Where it is in its life.")]
    is_terminal: Annotated[bool, About("Whether the status is one of succeeded, failed, cancelled.")]
    status_reason: Annotated[StatusReason | None, About("Why it failed.")]
    stop_reason: Annotated[str | None, About("completed, early_stopping, or what ended it early.")]
    dataset: Annotated[str | None, About("The dataset's name; null of what is trained elsewhere.")]
    progress: Annotated[Progress, About("How far it is.")]
    queue: Annotated[QueuePlace | None, About("Its place while it is queued.")]
    created_at: Annotated[Time | None, About("When it was submitted.")]
    started_at: Annotated[Time | None, About("When its first attempt started.")]
    finished_at: Annotated[Time | None, About("When it became terminal.")]
    sweep: Annotated[str | None, About("Id of the sweep that it is a trial of.")]
    parent: Annotated[RowParent | None, About("What it was derived from.")]
    owner: Annotated[str | None, About("Whose key submitted it; null where no key was needed.")]
    summary: Annotated[RowSummary | None, About("Final and best metrics; null before the end.")]
    findings: Annotated[list[FindingLine], About("The diagnosis so far in short, ordered by cause.")]
    links: Annotated[dict[str, str], About("Where the whole document is.")]


class ExperimentPage(TypedDict):
    """GET /v1/experiments."""

    data: Annotated[
        list[ExperimentRow], About("One row an experiment; with `fields`, those fields of its document and the id.")
    ]
    has_more: Annotated[bool, About("Whether there are more.")]
    next: Annotated[str | None, About("Cursor for `after`; null at the end.")]


class Event(TypedDict):
    """Something that happened to an experiment."""

    id: Annotated[str, About("Cursor for `after` and Last-Event-ID.")]
    type: Annotated[str, About("status, epoch, rewound, resumed, cancelling, pausing, checkpoint_skipped.")]
    at: Annotated[Time | None, About("When.")]
    data: Annotated[dict[str, Any], About("What the type tells.")]


class EventPage(TypedDict):
    """GET /v1/experiments/{id}/events."""

    data: Annotated[list[Event], About("Events, oldest first.")]
    has_more: Annotated[bool, About("Whether there may be more.")]


class Headline(TypedDict):
    """The data of an `epoch` event."""

    epoch: Annotated[int, About("The epoch.")]
    fold: Annotated[int | None, About("The fold; null without cross-validation.")]
    train: Annotated[Metrics, About("Training metrics.")]
    validation: Annotated[Metrics, About("Validation metrics.")]
    seconds: Annotated[float, About("Training and measuring, in seconds.")]
    worst_saturated_fraction: Annotated[float | None, About("The largest saturated_fraction of the layers.")]
