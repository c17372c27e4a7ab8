"""Every key that satnet keeps in Redis."""

PREFIX = "sn:"
LEASES = "sn:leases"  # zset: experiment -> end of its lease, ms
DELAYED = "sn:delayed"  # zset: experiment -> when it may be queued again, ms
QUEUES = "sn:queues"  # set of queue names
ORDER = "sn:order"  # counter: order of arrival
WORKERS = "sn:workers"  # zset: worker -> last seen, ms
RUN_ID = "sn:run_id"  # the run id of Redis that the reaper saw last
REAP_AFTER = "sn:reap_after"  # no lease is reaped before this moment, ms
LOOKED_AT = "sn:looked_at"  # when leases were checked last, ms
REAPER = "sn:lock:reaper"  # whose tick it is
DURATIONS = "sn:durations"  # list: ms that the latest experiments ran
SILENT = "sn:silent"  # zset: external experiment -> when it ends for having been silent, ms
EXPIRE = "sn:expire"  # zset: terminal experiment -> when it is forgotten, ms
REPAIR = "sn:repair"  # from which creation on indexes are compared next, ms
PREDICTION_REQUESTS = "sn:predictions"  # list: what workers are to predict
INDEX_SWEEPS = "sn:ix:sweeps"  # zset: sweep -> created, ms
SWEEPS_OPEN = "sn:sweeps:open"  # set: sweeps that are not over
INDEX_ALL = "sn:ix:all"  # zset: experiment -> created, ms
API_KEYS = "sn:keys"  # zset: API key's id -> created, ms; revoked ones too
INDEX_DATASETS = "sn:ds:all"  # zset: uploaded dataset -> created, ms
DATASETS_WAITING = "sn:ds:waiting"  # zset: dataset that is to be read -> from when on a worker may take it, ms
DATASETS_WAKE = "sn:ds:wake"  # list: a hint for idle workers that there is one more
DATASET_BYTES = "sn:ds:bytes"  # hash: owner -> bytes of what they uploaded
CHANGED = "sn:changed"  # channel: "id version status" of every change of an experiment


def experiment(experiment_id: str) -> str:
    """The experiment's hash; JSON fragments and small fields."""
    return f"sn:exp:{experiment_id}"


def epochs(experiment_id: str) -> str:
    """Hash: 'fold:epoch' -> record."""
    return f"sn:epochs:{experiment_id}"


def units(experiment_id: str) -> str:
    """Hash: 'fold:epoch' -> per-unit arrays by layer."""
    return f"sn:units:{experiment_id}"


def checkpoints(experiment_id: str) -> str:
    """Hash: name -> content in base 64, of checkpoints that are kept here and not as files."""
    return f"sn:ckpt:{experiment_id}"


def folds(experiment_id: str) -> str:
    """Hash: fold -> who trains it (free, owner, a helper's token, done), and what helpers bring."""
    return f"sn:folds:{experiment_id}"


def offers(queue: str) -> str:
    """Set of experiments that let idle workers of a queue train folds of them."""
    return f"sn:offers:{queue}"


def events(experiment_id: str) -> str:
    """Stream of the experiment's events."""
    return f"sn:ev:{experiment_id}"


def queue(name: str) -> str:
    """Zset: experiment -> priority, then order of arrival."""
    return f"sn:q:{name}"


def index(status: str) -> str:
    """Zset by creation of the experiments in a status."""
    return f"sn:ix:{status}"


def api_key(key_id: str) -> str:
    """Hash: what is known of an API key; its text as SHA-256 alone."""
    return f"sn:key:{key_id}"


def index_of_owner(owner: str) -> str:
    """Zset by creation of an owner's experiments."""
    return f"sn:ix:owner:{owner}"


def open_experiments(owner: str) -> str:
    """Set of an owner's experiments that are queued or running, trials apart."""
    return f"sn:open:{owner}"


def open_sweeps(owner: str) -> str:
    """Set of an owner's sweeps that are not over."""
    return f"sn:sweeps:open:{owner}"


def index_of_owners_sweeps(owner: str) -> str:
    """Zset by creation of an owner's sweeps."""
    return f"sn:ix:sweeps:{owner}"


def dataset(dataset_id: str) -> str:
    """Hash: what is known of an uploaded dataset; JSON fragments and small fields."""
    return f"sn:ds:{dataset_id}"


def dataset_uses(dataset_id: str) -> str:
    """Set of the experiments and sweeps that use a dataset; those that are gone are dropped when it is asked."""
    return f"sn:ds:{dataset_id}:uses"


def index_of_owners_datasets(owner: str) -> str:
    """Zset by creation of an owner's datasets."""
    return f"sn:ds:of:{owner}"


def idempotency(key: str, owner: str = "") -> str:
    """The experiment and the body's fingerprint that an owner's Idempotency-Key stands for."""
    return f"sn:idem:{owner}/{key}"


def nonce(value: str) -> str:
    """The grant that a claim's nonce brought."""
    return f"sn:nonce:{value}"


def diagnosed(experiment_id: str) -> str:
    """Set while an external experiment's diagnosis is not to be made anew."""
    return f"sn:diagnosed:{experiment_id}"


def worker(worker_id: str) -> str:
    """What a worker says of itself."""
    return f"sn:w:{worker_id}"


def gpu(host: str, index: str) -> str:
    """The worker that uses a GPU."""
    return f"sn:gpu:{host}:{index}"


def prediction(name: str) -> str:
    """List: the reply to a prediction request."""
    return f"sn:prediction:{name}"


def prediction_rows(name: str) -> str:
    """The rows of a prediction request, while somebody waits for the reply."""
    return f"sn:prediction:{name}:rows"


def sweep(sweep_id: str, part: str = "") -> str:
    """The sweep's hash; with `part` points, trials, reused, rungs (hashes) or open (set)."""
    return f"sn:sweep:{sweep_id}:{part}" if part else f"sn:sweep:{sweep_id}"


def index_of_sweep(sweep_id: str) -> str:
    """Zset by creation of a sweep's trials."""
    return f"sn:ix:sweep:{sweep_id}"


def same_spec(sha256: str, owner: str = "") -> str:
    """The owner's latest experiment that succeeded with this spec."""
    return f"sn:sha:{owner}/{sha256}"


def turn(sweep_id: str) -> str:
    """Who takes a sweep on right now."""
    return f"sn:lock:sweep:{sweep_id}"
