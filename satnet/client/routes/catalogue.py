"""What can be asked for, and who works: datasets, presets, schemas, the queue, workers."""

from satnet.client.protocol import Request
from satnet.client.routes import bodies
from satnet.records.schema import QueueAnswer, WorkerRow


def datasets() -> Request[list[bodies.Json]]:
    """All datasets."""
    return Request("GET", "/v1/datasets", bodies.data)


def presets() -> Request[list[bodies.Json]]:
    """Ready specs."""
    return Request("GET", "/v1/presets", bodies.data)


def preset(name: str) -> Request[bodies.Json]:
    """One ready spec."""
    return Request("GET", f"/v1/presets/{name}")


def schema(kind: str) -> Request[bodies.Json]:
    """A JSON Schema."""
    return Request("GET", f"/v1/schema/{kind}")


def queue() -> Request[QueueAnswer]:
    """How many wait."""
    return Request("GET", "/v1/queue")


def workers() -> Request[list[WorkerRow]]:
    """Workers seen lately."""
    return Request("GET", "/v1/workers", bodies.data)
