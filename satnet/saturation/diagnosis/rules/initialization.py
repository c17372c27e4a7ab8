"""Rules on the initialization: what epoch 0 shows, and in part what the spec shows before it."""

from collections.abc import Iterator

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Evidence, Finding
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import MEASURED
from satnet.saturation.regions import prescribed_std
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation

_PRESCRIBED = (
    "Glorot and Bengio 2010 for bounded activations, He et al. 2015 for rectifiers, Klambauer et al. 2017 for selu"
)
_A_FACTOR_OFF = "a factor off Glorot and Bengio 2010, He et al. 2015, Klambauer et al. 2017"
_ABOVE_CHANCE = "chance level; ReLU with He starts at 1.5 times it"


@rule(
    caused_by=["input_not_standardized"],
    thresholds={
        "saturated_at_start_warning": (0.25, "above the 0.18 that theory gives U(-0.1, 0.1) on 784 inputs"),
        "saturated_at_start_critical": (0.50, "SageMaker Debugger, SaturatedActivation threshold_layer"),
    },
)
def saturated_at_start(run: Run) -> Iterator[Finding]:
    """Much of a layer is saturated before training."""
    for layer, record in run.measured_at_start():
        share, gate = record["saturated_fraction"], record["gate"]
        severity = run.grade("saturated_at_start", share)
        if severity is None:
            continue
        passes = "" if gate is None else f", and its activations let {gate:.0%} of the gradient through"
        yield Finding(
            severity,
            f"{share:.0%} of {layer.name}'s {layer.activation} outputs are saturated before training. Its "
            f"preactivations have standard deviation {record['preactivation']['std']:.2f}{passes}.",
            run.evidence("saturated_fraction", share, f"saturated_at_start_{severity}"),
            layer=layer.name,
            remedies=[
                *remedies.standardize(run.facts),
                *remedies.prescribed_initializer([layer]),
                *remedies.batch_norm_before([layer]),
            ],
        )


@rule(
    caused_by=["input_not_standardized"],
    thresholds={
        "born_dead_warning": (0.25, MEASURED),
        "born_dead_critical": (0.50, "SageMaker Debugger, DeadRelu threshold_layer"),
    },
)
def born_dead(run: Run) -> Iterator[Finding]:
    """Units that are dead before training."""
    for layer, record in run.measured_at_start():
        share = record["dead_unit_fraction"] if traits(layer.activation).dies else None
        severity = run.grade("born_dead", share, or_equal=True)
        if severity is None:
            continue
        yield Finding(
            severity,
            f"{share:.0%} of {layer.name}'s {record['units']} units are active for none of the probe examples "
            f"before training. Dead units receive no gradient, so they rarely recover.",
            run.evidence("dead_unit_fraction", share, f"born_dead_{severity}"),
            layer=layer.name,
            remedies=[
                *remedies.standardize(run.facts),
                *remedies.initializer(layer, "he_normal", "He keeps each unit active for about half of the examples"),
                *remedies.zero_bias(run.facts, layer),
                *remedies.activation([layer], "leaky_relu", None, "a slope below 0 lets a dead unit recover"),
            ],
        )


@rule()
def symmetric_weights(run: Run) -> Iterator[Finding]:
    """All units of a layer have the same incoming weights: they stay copies of each other."""
    for name, layer in run.planned.items():
        record = run.at_start(name)
        if record is not None:
            same, units = record.get("identical_units"), record["units"]
        else:
            same, units = run.facts.predicted_std.get(name) == 0.0, layer.fan_out or 0
            same = same and run.facts.initializers.get(name) != "identity"
        if same and units > 1:
            kernel = remedies.prescribed_name(layer.activation) or "glorot_uniform"
            yield Finding(
                "critical",
                f"All {units} units of {name} start with the same incoming weights, so they compute the same output. "
                f"If the next layer treats them alike too, they receive the same gradients and never differ.",
                Evidence(
                    "identical_units",
                    True,
                    False,
                    "units that start alike stay alike (Goodfellow et al. 2016, section 8.4)",
                ),
                layer=name,
                remedies=remedies.initializer(layer, kernel, "random weights make the units differ"),
            )


@rule(thresholds={"weight_std_warning": (2.0, _A_FACTOR_OFF), "weight_std_critical": (10.0, _A_FACTOR_OFF)})
def initializer_mismatch(run: Run) -> Iterator[Finding]:
    """The kernel's standard deviation is far from what its activation asks for; or only its name is."""
    for name, layer in run.planned.items():
        record = run.at_start(name)
        if record is not None:
            std, target = record["weight_std"], record["weight_std_target"]
        elif layer.fan_in is not None and layer.fan_out is not None:
            std = run.facts.predicted_std.get(name)
            target = prescribed_std(layer.activation, layer.fan_in, layer.fan_out)
        else:
            continue
        if std and target:
            yield from _mismatched_scale(run, layer, std, target) or _mismatched_name(run, layer, std, target)


def _mismatched_scale(run: Run, layer: PlannedActivation, std: float, target: float) -> list[Finding]:
    ratio = std / target
    factor = max(ratio, 1 / ratio)
    severity = run.grade("weight_std", factor)
    if severity is None:
        return []
    name = f"weight_std_{severity}"
    normalized = layer.batch_normalization == "before_activation"
    return [
        Finding(
            "info" if normalized else severity,
            f"The kernel of {layer.name} starts with standard deviation {std:.3g}, {factor:.1f} times "
            f"{'larger' if ratio > 1 else 'smaller'} than the {target:.3g} recommended for {layer.activation}. "
            f"{_effect(layer, ratio > 1)}",
            run.evidence(
                "weight_std / weight_std_target", ratio, name, run.limit(name) if ratio > 1 else 1 / run.limit(name)
            ),
            layer=layer.name,
            remedies=remedies.prescribed_initializer([layer]),
        )
    ]


def _effect(layer: PlannedActivation, large: bool) -> str:
    if layer.batch_normalization == "before_activation":
        return "Batch normalization before the activation removes the scale, so this does little harm."
    if large and traits(layer.activation).bounded:
        return "Its preactivations become so large that units saturate."
    return f"Signals {'grow' if large else 'shrink'} from layer to layer."


def _mismatched_name(run: Run, layer: PlannedActivation, std: float, target: float) -> list[Finding]:
    initializer, usual = run.facts.initializers.get(layer.name, ""), remedies.prescribed_name(layer.activation) or ""
    if not _other_family(layer.activation, initializer):
        return []
    return [
        Finding(
            "info",
            f"{layer.name} uses {initializer} with {layer.activation}, for which {usual} is recommended. Its standard "
            f"deviation of {std:.3g} is close enough to the recommended {target:.3g} to do no harm here.",
            Evidence("kernel_initializer", initializer, usual, _PRESCRIBED),
            layer=layer.name,
            remedies=remedies.prescribed_initializer([layer]),
        )
    ]


def _other_family(activation: str, initializer: str) -> bool:
    """Relu with Glorot and the like; LeCun with a bounded activation is its own tradition."""
    family = initializer.partition("_")[0]
    if family not in ("glorot", "he", "lecun"):
        return False
    if traits(activation).bounded:
        return family == "he"
    wanted = (remedies.prescribed_name(activation) or family + "_").partition("_")[0]
    return family != wanted


@rule(
    caused_by=["input_not_standardized"],
    thresholds={"bad_start_warning": (2.0, _ABOVE_CHANCE), "bad_start_critical": (4.0, _ABOVE_CHANCE)},
)
def bad_start(run: Run) -> Iterator[Finding]:
    """The untrained network is much worse than chance level."""
    over = run.first["network"]["loss_over_chance"] if run.first else None
    severity = run.grade("bad_start", over)
    if severity is not None:
        yield Finding(
            severity,
            f"Before training the loss is {over:.1f} times chance level. The first epochs are spent unlearning the "
            f"random outputs.",
            run.evidence("loss_over_chance", over, f"bad_start_{severity}"),
            remedies=[*remedies.output_initializer(run.facts), *remedies.standardize(run.facts)],
        )
