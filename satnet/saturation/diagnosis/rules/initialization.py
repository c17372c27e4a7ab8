"""Rules on the initialization. All of them can be judged at epoch 0, some before it."""

from collections.abc import Iterator, Mapping
from typing import Any

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, Remedy
from satnet.saturation.regions import prescribed_std
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation


def symmetric_weights(run: Run) -> Iterator[Finding]:
    """All units of a layer have the same incoming weights: they stay copies of each other."""
    for name, layer in run.planned.items():
        record = _layer(run, name)
        if record is not None:
            same, units = record.get("identical_units"), record["units"]
        else:
            same, units = run.facts.predicted_std.get(name) == 0.0, layer.fan_out or 0
            same = same and run.facts.initializers.get(name) != "identity"
        if same and units > 1:
            kernel = remedies.prescribed_name(layer.activation) or "glorot_uniform"
            yield Finding(
                "symmetric_weights",
                "critical",
                f"All {units} units of {name} start with identical incoming weights: one unit, copied. Where what "
                f"follows treats them alike too, they get identical gradients and stay copies.",
                "identical_units",
                True,
                False,
                "units that start alike stay alike (Goodfellow et al. 2016, section 8.4)",
                layer=name,
                first_epoch=0,
                last_epoch=0,
                remedies=remedies.initializer(layer, kernel, "random weights make the units differ"),
            )


def initializer_mismatch(run: Run) -> Iterator[Finding]:
    """The kernel's standard deviation is far from what its activation asks for; or only its name is."""
    for name, layer in run.planned.items():
        record = _layer(run, name)
        if record is not None:
            std, target = record["weight_std"], record["weight_std_target"]
        elif layer.fan_in is not None and layer.fan_out is not None:
            std = run.facts.predicted_std.get(name)
            target = prescribed_std(layer.activation, layer.fan_in, layer.fan_out)
        else:
            continue
        if std and target:
            yield from _mismatch(run, layer, std, target)


def _mismatch(run: Run, layer: PlannedActivation, std: float, target: float) -> Iterator[Finding]:
    ratio = std / target
    far = max(ratio, 1 / ratio)
    wanted = remedies.prescribed_name(layer.activation) or ""
    named = run.facts.initializers.get(layer.name, "")
    cure = remedies.prescribed_initializer([layer])
    normalized = layer.batch_normalization == "before_activation"
    for severity, name in (("critical", "weight_std_critical"), ("warning", "weight_std_warning")):
        if far > run.limit(name):
            size = "larger" if ratio > 1 else "smaller"
            effect = "What passes through it " + (
                "saturates or grows." if ratio > 1 else "shrinks from layer to layer."
            )
            if normalized:
                effect = "Batch normalization before the activation takes the scale out again, so it does little harm."
            yield Finding(
                "initializer_mismatch",
                "info" if normalized else severity,
                f"The kernel of {layer.name} starts with standard deviation {std:.3g}, {far:.1f} times {size} than "
                f"the {target:.3g} that suits {layer.activation}. {effect}",
                "weight_std / weight_std_target",
                ratio,
                run.limit(name) if ratio > 1 else 1 / run.limit(name),
                run.limits[name].source,
                layer=layer.name,
                first_epoch=0,
                last_epoch=0,
                remedies=cure,
            )
            return
    if _other_family(layer.activation, named):
        yield Finding(
            "initializer_mismatch",
            "info",
            f"{layer.name} uses {named} with {layer.activation}; {wanted} is made for it. Its standard deviation "
            f"({std:.3g} against {target:.3g}) is close enough to do no harm here.",
            "kernel_initializer",
            named,
            wanted,
            "Glorot and Bengio 2010 for bounded activations, He et al. 2015 for rectifiers, "
            "Klambauer et al. 2017 for selu",
            layer=layer.name,
            first_epoch=0,
            last_epoch=0,
            remedies=cure,
        )


def _other_family(activation: str, initializer: str) -> bool:
    """Relu with Glorot and the like; LeCun with a bounded activation is its own tradition."""
    family = initializer.partition("_")[0]
    if family not in ("glorot", "he", "lecun"):
        return False
    if traits(activation).bounded:
        return family == "he"
    wanted = (remedies.prescribed_name(activation) or family + "_").partition("_")[0]
    return family != wanted


def saturated_at_start(run: Run) -> Iterator[Finding]:
    """Much of a layer is saturated before training."""
    for name, layer in run.planned.items():
        record = _layer(run, name)
        share = record["saturated_fraction"] if record else None
        if record is None or share is None:
            continue
        for severity in ("critical", "warning"):
            if share > run.limit(f"saturated_at_start_{severity}"):
                cures = remedies.standardize(run.facts) + remedies.prescribed_initializer([layer])
                cures += remedies.batch_norm_before([layer])
                spread = record["preactivation"]["std"]
                yield Finding(
                    "saturated_at_start",
                    severity,
                    f"{share:.0%} of {name}'s {layer.activation} outputs are saturated before training. Its "
                    f"preactivations have standard deviation {spread:.2f}, and its slopes let "
                    f"{record['gate']:.0%} of the gradient through.",
                    "saturated_fraction",
                    share,
                    run.limit(f"saturated_at_start_{severity}"),
                    run.limits[f"saturated_at_start_{severity}"].source,
                    layer=name,
                    first_epoch=0,
                    last_epoch=0,
                    remedies=cures,
                )
                break


def born_dead(run: Run) -> Iterator[Finding]:
    """Units that no row activates, before training."""
    for name, layer in run.planned.items():
        record = _layer(run, name)
        share = record["dead_unit_fraction"] if record and traits(layer.activation).dies else None
        if record is None or share is None:
            continue
        for severity in ("critical", "warning"):
            if share >= run.limit(f"born_dead_{severity}"):
                cures = remedies.standardize(run.facts)
                cures += remedies.initializer(layer, "he_normal", "He keeps half of the rows active")
                cures += remedies.zero_bias(run.facts, layer)
                cures += remedies.activation([layer], "leaky_relu", None, "a slope below 0 lets a unit come back")
                yield Finding(
                    "born_dead",
                    severity,
                    f"{share:.0%} of {name}'s {record['units']} units are active on no row of the probe set "
                    f"before training. No gradient reaches them, so they can hardly come alive.",
                    "dead_unit_fraction",
                    share,
                    run.limit(f"born_dead_{severity}"),
                    run.limits[f"born_dead_{severity}"].source,
                    layer=name,
                    first_epoch=0,
                    last_epoch=0,
                    remedies=cures,
                )
                break


def bad_start(run: Run) -> Iterator[Finding]:
    """The untrained network is much worse than an uninformed guess."""
    over = run.first["network"]["loss_over_chance"] if run.first else None
    if over is None:
        return
    for severity in ("critical", "warning"):
        if over > run.limit(f"bad_start_{severity}"):
            cures = _output_initializer(run) + remedies.standardize(run.facts)
            yield Finding(
                "bad_start",
                severity,
                f"Before training the loss is {over:.1f} times that of a guess that knows nothing. The first "
                f"epochs go into unlearning the random outputs.",
                "loss_over_chance",
                over,
                run.limit(f"bad_start_{severity}"),
                run.limits[f"bad_start_{severity}"].source,
                first_epoch=0,
                last_epoch=0,
                remedies=cures,
            )
            return


def _output_initializer(run: Run) -> list[Any]:
    if run.facts.spec is None:
        return []
    weighted = [index for index, one in enumerate(run.facts.spec["layers"]) if "kernel_initializer" in one]
    patch = [{"op": "replace", "path": f"/layers/{weighted[-1]}/kernel_initializer", "value": "glorot_uniform"}]
    return [Remedy(patch, "small outputs start near the uninformed guess")]


def _layer(run: Run, name: str) -> Mapping[str, Any] | None:
    """A layer's record at epoch 0."""
    if run.first is None:
        return None
    return next((one for one in run.first["layers"] if one["name"] == name), None)
