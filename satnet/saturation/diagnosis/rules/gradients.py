"""Rules on gradients: vanishing, exploding, not finite."""

from collections.abc import Iterator

from satnet.records.schema import NetworkRecord
from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Evidence, Finding, Remedy
from satnet.saturation.diagnosis.lasting import lasting
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.spec.activation_traits import traits

_START = ("initializer_mismatch", "symmetric_weights")
_SATURATION = ("saturated_at_start", "born_dead", "saturation_growing", "sigmoid_collapse", "dying_relu")


@rule(
    caused_by=[*_START, *_SATURATION],
    thresholds={
        "vanish_ratio_warning": (1e-2, "AutoTrainer (Zhang et al. 2021), beta_1"),
        "vanish_ratio_critical": (1e-3, "AutoTrainer (Zhang et al. 2021), beta_1, a decade down"),
        "gradient_rms_low": (1e-4, "AutoTrainer (Zhang et al. 2021), beta_2"),
    },
)
def vanishing_gradient(run: Run) -> Iterator[Finding]:
    """The first hidden layer gets a small part of the last one's gradient."""

    def condition(place: int) -> Finding | None:
        network = run.records[place]["network"]
        ratio = network["vanish_ratio"]
        if ratio is None or not run.vanishing(place):
            return None
        severe = ratio < run.limit("vanish_ratio_critical") and (run.stalled(place) or _weak(run, place))
        severity = "critical" if severe else "warning"
        return Finding(
            "critical" if severe else "warning",
            f"The gradient at the first hidden layer is {ratio:.1e} of that at the last. {_split(network)}",
            run.evidence("vanish_ratio", ratio, f"vanish_ratio_{severity}"),
            remedies=_against_vanishing(run, network),
        )

    yield from lasting(run, condition)


def _weak(run: Run, place: int) -> bool:
    """Whether the first hidden layer gets hardly any gradient."""
    layers = run.records[place]["layers"]
    gradient = layers[0]["gradient_rms"] if layers else None
    return gradient is not None and gradient < run.limit("gradient_rms_low")


def _split(network: NetworkRecord) -> str:
    slopes, weights = network["gate_decades"], network["weight_decades"]
    if slopes is None or weights is None:
        return ""
    return (
        f"Of these {-(slopes + weights):.1f} orders of magnitude, the slopes of the activations account for "
        f"{-slopes:.1f} and the weights for {-weights:.1f}: the {'slopes' if slopes <= weights else 'weights'} are to "
        f"blame."
    )


def _against_vanishing(run: Run, network: NetworkRecord) -> list[Remedy]:
    hidden = run.facts.hidden
    bounded = [layer for layer in hidden if traits(layer.activation).bounded]
    by_slopes = [
        *remedies.activation(bounded, "relu", "he_normal", "the slope of ReLU is 1 wherever it is active"),
        *remedies.batch_norm_before(hidden),
    ]
    by_weights = remedies.prescribed_initializer(hidden)
    slopes, weights = network["gate_decades"] or 0.0, network["weight_decades"] or 0.0
    return by_slopes + by_weights if slopes <= weights else by_weights + by_slopes


@rule(
    caused_by=[*_START, "learning_rate_high"],
    thresholds={"explode_ratio": (70.0, "AutoTrainer (Zhang et al. 2021), beta_3")},
)
def exploding_gradient(run: Run) -> Iterator[Finding]:
    """The first hidden layer gets many times the last one's gradient."""

    def condition(place: int) -> Finding | None:
        ratio = run.records[place]["network"]["vanish_ratio"]
        if ratio is None or ratio <= run.limit("explode_ratio"):
            return None
        steps = remedies.learning_rate(run.facts, 0.1) + remedies.clip()
        weights = remedies.prescribed_initializer(run.facts.hidden) + remedies.batch_norm_before(run.facts.hidden)
        # Steps that are small already are not what makes the gradient grow.
        taken = [step for one in run.records[place]["layers"] if (step := one["update_ratio"]) is not None]
        small = bool(taken) and max(taken) < run.limit("update_ratio_deadly")
        return Finding(
            "warning",
            f"The gradient at the first hidden layer is {ratio:.0f} times that at the last. It grows from layer to "
            f"layer on its way back, so no single learning rate suits all layers.",
            run.evidence("vanish_ratio", ratio, "explode_ratio"),
            remedies=weights + steps if small else steps + weights,
        )

    yield from lasting(run, condition)


@rule(
    caused_by=["learning_rate_high", "input_not_standardized", "initializer_mismatch", "exploding_gradient"],
    always_critical=True,
)
def non_finite(run: Run) -> Iterator[Finding]:
    """NaN or infinite numbers: the loss, or what a layer computes."""
    for record in run.records:
        broken = [layer["name"] for layer in record["layers"] if layer["non_finite"]]
        count = sum(layer["non_finite"] for layer in record["layers"])
        if record["train"]["loss"] is None or broken:
            where = f"{count} outputs of {', '.join(broken)} are" if broken else "The training loss is"
            yield Finding(
                "critical",
                f"{where} NaN or infinite at epoch {record['epoch']}. Training cannot recover from this.",
                Evidence("non_finite", count or 1, 0, "any at all"),
                first_epoch=record["epoch"],
                last_epoch=run.last_epoch,
                remedies=remedies.learning_rate(run.facts, 0.1) + remedies.clip(),
            )
            return
