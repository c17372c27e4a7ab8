"""Every error satnet raises on purpose, with its HTTP status and its stable code.

SatnetError
├── InvalidSpec            422 invalid_spec            a spec that cannot be trained
├── BadRequest             400 bad_request             a parameter that makes no sense
├── NotFound               404 not_found
├── Conflict               409 conflict_state          not allowed in this status
├── IdempotencyKeyReused   422 idempotency_key_reused  same key, another body
├── StoreUnavailable       503 store_unavailable       Redis is away or full
├── WorkerUnavailable      503 worker_unavailable      nobody is there to compute it
├── TrainingError          (never over HTTP: it becomes a status_reason)
│   ├── DataError          data_error
│   ├── BuildError         build_error
│   ├── NonFiniteLoss      non_finite_loss
│   ├── OutOfMemory        out_of_memory
│   └── DeadlineExceeded   deadline_exceeded
└── Interrupted            training stopped because somebody asked
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class SatnetError(Exception):
    """Base of all errors that satnet raises on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"


@dataclass(frozen=True)
class FieldError:
    """One refused field: a JSON pointer into the body, what came and what is allowed."""

    pointer: str
    detail: str
    code: str
    got: Any = None

    def as_dict(self) -> dict[str, Any]:
        """The form that problem+json carries."""
        return asdict(self)


class InvalidSpec(SatnetError):
    """A spec that cannot be trained; `errors` names each field."""

    status, code, title = 422, "invalid_spec", "The experiment spec is not valid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))


class BadRequest(SatnetError):
    """A request that no experiment state could make sense of."""

    status, code, title = 400, "bad_request", "The request is not valid"


class NotFound(SatnetError):
    """Nothing has this id."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(SatnetError):
    """The experiment's status does not allow this."""

    status, code, title = 409, "conflict_state", "Not allowed in this status"


class IdempotencyKeyReused(SatnetError):
    """The same Idempotency-Key came with another body."""

    status, code, title = 422, "idempotency_key_reused", "Idempotency-Key was used with another body"


class StoreUnavailable(SatnetError):
    """Redis cannot be reached, or refuses writes; nothing was stored."""

    status, code, title = 503, "store_unavailable", "The store is not available"


class WorkerUnavailable(SatnetError):
    """No worker is there to compute what was asked."""

    status, code, title = 503, "worker_unavailable", "No worker is available"


class TrainingError(SatnetError):
    """A training run that ended in failure; `code` becomes `status_reason.code`."""

    code = "internal_error"


class DataError(TrainingError):
    """The dataset cannot be had, or is not what the spec says."""

    code = "data_error"


class BuildError(TrainingError):
    """Keras refused to build the network."""

    code = "build_error"


class NonFiniteLoss(TrainingError):
    """The training loss became NaN or infinite."""

    code = "non_finite_loss"


class OutOfMemory(TrainingError):
    """The device has not enough memory for this experiment."""

    code = "out_of_memory"


class DeadlineExceeded(TrainingError):
    """The experiment ran longer than `resources.max_seconds`."""

    code = "deadline_exceeded"


class Interrupted(SatnetError):
    """Training stopped between two slices; `reason` is cancel, pause, drain or lost."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
