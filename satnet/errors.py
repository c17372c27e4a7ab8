"""The errors of the service and of training, each with its HTTP status and its stable code.

SatnetError
├── InvalidSpec            422 invalid_spec            a spec that cannot be trained
├── BadRequest             400 bad_request             a parameter that makes no sense
│   └── InvalidJson        400 invalid_json            a body that is not JSON, or JSON that no spec can hold
├── Unauthenticated        401 unauthenticated         no key, or none that is valid
├── Forbidden              403 forbidden               the key's scopes do not allow this
├── NotFound               404 not_found               nothing has this id
├── Gone                   410 gone                    what an Idempotency-Key stands for was deleted
├── Conflict               409 conflict_state          not allowed in this status
├── IdempotencyKeyReused   422 idempotency_key_reused  same key, another body
├── RecordsTooLarge        413 records_too_large       more records than one experiment may have
├── StoreUnavailable       503 store_unavailable       Redis cannot be reached or is full
├── QuotaExceeded          429 quota_exceeded          as much is queued, running or stored as may be
├── TooManyOpen            429 too_many_open           this client waits often enough already
├── Busy                   503 busy                    as many wait as this process lets
├── WorkerUnavailable      503 worker_unavailable      no worker is there to compute it
├── DamagedArtifact        500 damaged_artifact        a model's file is not the one that was stored
├── TrainingError          never over HTTP: its code becomes status_reason.code
│   ├── DataError          data_error                  the dataset is missing or not as described
│   ├── BuildError         build_error                 Keras refused to build the network
│   ├── NonFiniteLoss      non_finite_loss             the training loss is NaN or infinite
│   ├── OutOfMemory        out_of_memory               the device has too little memory
│   │   └── OverBudget      out_of_memory               it needs more than this worker may use
│   └── DeadlineExceeded   deadline_exceeded           longer than resources.max_seconds
├── CorruptCheckpoint      a checkpoint that cannot be read; the one before it is used
└── Interrupted            training stopped because somebody asked

Elsewhere: what the client raises is in `satnet.client.errors`. Exceptions that their own package always catches stay in
it: `satnet.spec.layer_type.Misfit` becomes a field of InvalidSpec, `satnet.client.protocol.BusyAnswer` another try,
`api.body_gate._Refusal` a field of InvalidJson; `api.client_gone.ClientGone` is answered to nobody.
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

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        self.errors = tuple(errors)
        super().__init__(detail)


class Unauthenticated(SatnetError):
    """A key is needed, and none that is valid came."""

    status, code, title = 401, "unauthenticated", "A key is needed"


class Forbidden(SatnetError):
    """The key is valid, and its scopes do not allow this."""

    status, code, title = 403, "forbidden", "Not allowed with this key"


class InvalidJson(BadRequest):
    """A body that is not JSON, or JSON with a value that is never accepted; `errors` names the place."""

    code, title = "invalid_json", "The body is not valid JSON"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors), errors)


class NotFound(SatnetError):
    """Nothing has this id."""

    status, code, title = 404, "not_found", "Not found"


class Gone(SatnetError):
    """What a replayed Idempotency-Key stands for was deleted, or has expired."""

    status, code, title = 410, "gone", "It was deleted"


class Conflict(SatnetError):
    """The experiment's status does not allow this."""

    status, code, title = 409, "conflict_state", "Not allowed in this status"


class IdempotencyKeyReused(SatnetError):
    """The same Idempotency-Key came with another body."""

    status, code, title = 422, "idempotency_key_reused", "Idempotency-Key was used with another body"


class RecordsTooLarge(SatnetError):
    """More was posted to one experiment than is kept of it; nothing of the request was stored."""

    status, code, title = 413, "records_too_large", "Too many records for one experiment"


class StoreUnavailable(SatnetError):
    """Redis cannot be reached, or refuses writes; nothing was stored."""

    status, code, title = 503, "store_unavailable", "The store is not available"


class QuotaExceeded(SatnetError):
    """As much is queued, running or stored as may be; some of it has to end first."""

    status, code, title = 429, "quota_exceeded", "The quota is used up"


class TooManyOpen(SatnetError):
    """This client has as many event streams and waits open as one client may."""

    status, code, title = 429, "too_many_open", "Too many event streams and waits"


class Busy(SatnetError):
    """All clients together have as many event streams and waits open as there may be."""

    status, code, title = 503, "busy", "The service is busy"


class WorkerUnavailable(SatnetError):
    """No worker is there to compute what was asked."""

    status, code, title = 503, "worker_unavailable", "No worker is available"


class DamagedArtifact(SatnetError):
    """A file has changed since it was stored; it is not loaded."""

    status, code, title = 500, "damaged_artifact", "A stored file has changed"


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


class OverBudget(OutOfMemory):
    """The experiment needs more memory than a worker may use: trying again would not help."""


class DeadlineExceeded(TrainingError):
    """The experiment ran longer than `resources.max_seconds`."""

    code = "deadline_exceeded"


class CorruptCheckpoint(SatnetError):
    """A checkpoint that cannot be read, or is not the one that was registered."""


class Interrupted(SatnetError):
    """Training stopped between two slices; `reason` is cancel, pause, drain or lost."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
