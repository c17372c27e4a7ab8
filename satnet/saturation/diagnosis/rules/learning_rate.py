"""Rules on the learning rate."""

from collections.abc import Iterator

from satnet.records.schema import LayerRecord
from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Finding
from satnet.saturation.diagnosis.lasting import lasting, lasting_by_layer
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import MEASURED
from satnet.spec.hidden import PlannedActivation


@rule(
    caused_by=["input_not_standardized"],
    thresholds={
        "update_ratio_warning": (0.03, "healthy steps are 0.001 to 0.02 of the weights, " + MEASURED),
        "update_ratio_critical": (0.1, "Karpathy's 0.001, two decades up"),
        "update_ratio_deadly": (0.01, "Karpathy's 0.001, one decade up"),
    },
)
def learning_rate_high(run: Run) -> Iterator[Finding]:
    """Steps that are large against the weights they change."""

    def condition(_: int, layer: PlannedActivation, record: LayerRecord) -> Finding | None:
        ratio = record["update_ratio"]
        severity = run.grade("update_ratio", ratio)
        if severity is None:
            return None
        return Finding(
            severity,
            f"A typical step changes {layer.name}'s weights by {ratio:.1%} of their size, where 0.1% is usual. Steps "
            f"this large overshoot, saturate bounded units and kill ReLUs.",
            run.evidence("update_ratio", ratio, f"update_ratio_{severity}"),
            layer=layer.name,
            remedies=[*remedies.learning_rate(run.facts, 0.1), *remedies.clip()],
        )

    yield from lasting_by_layer(run, condition)


@rule(thresholds={"movement_low": (1e-3, "a healthy epoch moves kernels by percents")})
def learning_rate_low(run: Run) -> Iterator[Finding]:
    """Stalled, no layer moves, and neither saturation nor vanishing gradients hold it up."""

    def condition(place: int) -> Finding | None:
        if not run.stalled(place) or _held_up(run, place):
            return None
        movements = [one["movement"] for one in run.records[place]["layers"]]
        largest = max((movement for movement in movements if movement is not None), default=None)
        if largest is None or None in movements or largest >= run.limit("movement_low"):
            return None
        return Finding(
            "warning",
            f"The training loss has hardly fallen over three epochs, and no layer's weights moved by more than "
            f"{largest:.2%} of their size in the last one. At a learning rate of {run.facts.learning_rate:g} the "
            f"network stays close to its initial weights.",
            run.evidence("movement", largest, "movement_low"),
            remedies=[*remedies.learning_rate(run.facts, 10.0), *remedies.faster_optimizer(run.facts)],
        )

    yield from lasting(run, condition)


def _held_up(run: Run, place: int) -> bool:
    """Whether gradients vanish or a layer is mostly saturated or dead at this epoch."""
    most = run.limit("saturated_at_start_critical")
    layers = run.records[place]["layers"]
    return run.vanishing(place) or any(
        (one["saturated_fraction"] or 0.0) > most or (one["dead_unit_fraction"] or 0.0) > most for one in layers
    )
