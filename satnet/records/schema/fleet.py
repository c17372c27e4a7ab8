"""The public documents of workers and queues."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.experiment import Time


class WorkerRow(TypedDict):
    """A worker, as it last described itself."""

    id: Annotated[str, About("wrk_...")]
    seen: Annotated[Time | None, About("When it last reported.")]
    kind: NotRequired[Annotated[str, About("cpu or gpu.")]]
    gpu: NotRequired[Annotated[str | None, About("Index of its GPU; null on a CPU.")]]
    host: NotRequired[Annotated[str, About("Its host.")]]
    queues: NotRequired[Annotated[list[str], About("Queues that it takes from.")]]
    pid: NotRequired[Annotated[int, About("Its process.")]]
    threads: NotRequired[Annotated[int, About("TensorFlow's threads.")]]
    warm: NotRequired[Annotated[bool, About("Whether TensorFlow is loaded.")]]
    busy: NotRequired[Annotated[str | None, About("Experiment that it trains.")]]
    helps: NotRequired[Annotated[str | None, About("Experiment that it trains a fold of for another worker.")]]
    latest: NotRequired[Annotated[str | None, About("Experiment that it ended last.")]]


class WorkerPage(TypedDict):
    """GET /v1/workers."""

    data: Annotated[list[WorkerRow], About("Workers seen within two minutes.")]


class QueueRow(TypedDict):
    """One queue."""

    name: Annotated[str, About("The queue's name.")]
    queued: Annotated[int, About("Experiments that wait in it.")]


class QueueAnswer(TypedDict):
    """GET /v1/queue."""

    queues: Annotated[list[QueueRow], About("Every queue.")]
    experiments: Annotated[dict[str, int], About("Status -> how many experiments.")]
