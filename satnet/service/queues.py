"""Which queue an experiment waits in, and which queues a worker takes from, by device."""


def queue_for(base: str, device: str) -> str:
    """`any` waits in the base queue, where every worker looks; `cpu` and `gpu` in queues of their own."""
    return base if device == "any" else f"{base}-{device}"


def queues_of(base: str, kind: str) -> list[str]:
    """The queues of a worker whose device is `kind` (cpu or gpu)."""
    return [base, queue_for(base, kind)]
