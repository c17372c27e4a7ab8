"""Rules on units that saturate or die while training."""

from collections.abc import Iterator
from typing import Literal

from satnet.records.schema import LayerRecord
from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Finding, Remedy
from satnet.saturation.diagnosis.lasting import lasting, lasting_by_layer
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import MEASURED
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation

_STEPS = ("learning_rate_high", "input_not_standardized")


@rule(caused_by=_STEPS, thresholds={"saturation_rise": (0.2, MEASURED)})
def saturation_growing(run: Run) -> Iterator[Finding]:
    """A layer saturates more and more; harmful only when it stops learning."""

    def condition(place: int, layer: PlannedActivation, record: LayerRecord) -> Finding | None:
        before = run.at_start(layer.name)
        start, share = before["saturated_fraction"] if before else None, record["saturated_fraction"]
        if start is None or share is None or share - start < run.limit("saturation_rise"):
            return None
        tolerated = traits(layer.activation).bounded and layer.batch_normalization == "after_activation"
        harmful, so_far = True, "the network is still learning, so this does no harm by itself"
        if run.stalled(place):
            so_far = "the loss has stopped falling"
        elif run.vanishing(place) and not tolerated:
            so_far = "the first layers receive little gradient"
        else:
            harmful = False
        return Finding(
            "warning" if harmful else "info",
            f"The saturated fraction of {layer.name} rose from {start:.0%} before training to {share:.0%}; {so_far}.",
            run.evidence("saturated_fraction", share, "saturation_rise", start + run.limit("saturation_rise")),
            layer=layer.name,
            remedies=[
                *remedies.learning_rate(run.facts, 0.1),
                *remedies.batch_norm_before([layer]),
                *remedies.activation([layer], "relu", "he_normal", "ReLU does not saturate where it is active"),
            ],
        )

    yield from lasting_by_layer(run, condition)


@rule(caused_by=_STEPS, thresholds={"sigmoid_low": (0.5, "Glorot and Bengio 2010, figure 2")})
def sigmoid_collapse(run: Run) -> Iterator[Finding]:
    """The last hidden sigmoid layer is pushed to 0, as its outputs are no help yet (Glorot and Bengio 2010)."""
    sigmoids = [layer for layer in run.facts.hidden if layer.activation == "sigmoid"]

    def condition(place: int) -> Finding | None:
        record = run.layer(place, sigmoids[-1].name)
        share = record["saturated_low"] if record else None
        if share is None or share <= run.limit("sigmoid_low"):
            return None
        return Finding(
            "warning",
            f"{share:.0%} of the outputs of {sigmoids[-1].name}, the last sigmoid layer, are saturated near 0. Early "
            f"in training its outputs only disturb the output layer, which drives them to 0; there they pass little "
            f"gradient.",
            run.evidence("saturated_low", share, "sigmoid_low"),
            layer=sigmoids[-1].name,
            remedies=[
                *remedies.activation(sigmoids, "tanh", "glorot_uniform", "the outputs of tanh are centred at 0"),
                *remedies.activation(sigmoids, "relu", "he_normal", "the slope of ReLU is 1 wherever it is active"),
            ],
        )

    if sigmoids:
        yield from lasting(run, condition)


@rule(
    caused_by=_STEPS,
    thresholds={
        "died_warning": (0.25, "a good layer of 25 ReLUs lost 0.16, " + MEASURED),
        "died_critical": (0.50, "adam at 0.01 killed 0.53, " + MEASURED),
        "movement_deadly": (1.0, "a kernel that moved by its own size within an epoch"),
    },
)
def dying_relu(run: Run) -> Iterator[Finding]:
    """Units that were alive before training and are dead now."""

    def condition(_: int, layer: PlannedActivation, record: LayerRecord) -> Finding | None:
        share = record.get("died_unit_fraction") if traits(layer.activation).dies else None
        severity = run.grade("died", share, or_equal=True)
        if severity is None:
            return None
        return Finding(
            severity,
            f"{share:.0%} of {layer.name}'s units that were alive before training are now active for none of the "
            f"probe examples. Dead units receive no gradient. The layer's largest median step was "
            f"{_largest(run, layer, 'update_ratio'):.1%} of its weights, its largest change in one epoch "
            f"{_largest(run, layer, 'movement'):.0%}.",
            run.evidence("died_unit_fraction", share, f"died_{severity}"),
            layer=layer.name,
            remedies=_against_dying(run, layer),
        )

    yield from lasting_by_layer(run, condition)


def _largest(run: Run, layer: PlannedActivation, key: Literal["update_ratio", "movement"]) -> float:
    records = [run.layer(place, layer.name) for place in range(len(run.records))]
    return max((record[key] or 0.0 for record in records if record is not None), default=0.0)


def _against_dying(run: Run, layer: PlannedActivation) -> list[Remedy]:
    slower = remedies.learning_rate(run.facts, 0.1)
    others = [
        *remedies.activation([layer], "leaky_relu", None, "a slope below 0 lets a dead unit recover"),
        *remedies.activation([layer], "elu", None, "a soft low side lets a dead unit recover"),
        *remedies.batch_norm_before([layer]),
    ]
    # Units that die within the first steps leave small steps behind; what the epoch moved still shows.
    deadly = _largest(run, layer, "update_ratio") > run.limit("update_ratio_deadly")
    deadly = deadly or _largest(run, layer, "movement") > run.limit("movement_deadly")
    return slower + others if deadly else others + slower
