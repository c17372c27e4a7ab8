"""Rules on the learning rate."""

from collections.abc import Iterator

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, lasting


def learning_rate_high(run: Run) -> Iterator[Finding]:
    """Steps that are large against the weights they change."""
    for name in run.planned:

        def condition(place: int, name: str = name) -> Finding | None:
            ratio = next((one["update_ratio"] for one in run.layers(place) if one["name"] == name), None)
            for severity in ("critical", "warning"):
                if ratio is not None and ratio > run.limit(f"update_ratio_{severity}"):
                    return Finding(
                        "learning_rate_high",
                        severity,
                        f"Each step changes {name}'s weights by {ratio:.1%} of their size, where 0.1 % is usual. "
                        f"Such steps overshoot, saturate bounded units and kill rectifiers.",
                        "update_ratio",
                        ratio,
                        run.limit(f"update_ratio_{severity}"),
                        run.limits[f"update_ratio_{severity}"].source,
                        layer=name,
                        remedies=remedies.learning_rate(run.facts, 0.1) + remedies.clip(),
                    )
            return None

        if found := lasting(run, condition):
            yield found


def learning_rate_low(run: Run) -> Iterator[Finding]:
    """Stalled, no layer moves, and neither saturation nor vanishing gradients hold it up."""

    def condition(place: int) -> Finding | None:
        if not run.stalled(place) or _held_up(run, place):
            return None
        moved = [one["movement"] for one in run.layers(place)]
        largest = max((value for value in moved if value is not None), default=None)
        if largest is None or None in moved or largest >= run.limit("movement_low"):
            return None
        return Finding(
            "learning_rate_low",
            "warning",
            f"The training loss has hardly fallen over three epochs, and no kernel moved by more than "
            f"{largest:.2%} of its size in the last one. At a learning rate of {run.facts.learning_rate:g} the "
            f"network hardly leaves its start.",
            "movement",
            largest,
            run.limit("movement_low"),
            run.limits["movement_low"].source,
            remedies=remedies.learning_rate(run.facts, 10.0) + remedies.faster_optimizer(run.facts),
        )

    if found := lasting(run, condition):
        yield found


def _held_up(run: Run, place: int) -> bool:
    """Whether gradients vanish or a layer is mostly saturated or dead at this epoch."""
    record = run.records[place]
    ratio = record["network"]["vanish_ratio"]
    if ratio is not None and ratio < run.limit("vanish_ratio_warning"):
        return True
    shares = [one[key] for one in record["layers"] for key in ("saturated_fraction", "dead_unit_fraction")]
    return any(share is not None and share > run.limit("saturated_at_start_critical") for share in shares)
