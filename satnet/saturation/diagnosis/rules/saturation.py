"""Rules on saturation and death of units while training."""

from collections.abc import Iterator, Mapping
from typing import Any

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, Remedy, lasting
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation


def saturation_growing(run: Run) -> Iterator[Finding]:
    """A layer saturates more and more; harmful only when it stops learning."""
    for name, layer in run.planned.items():
        start = next((one["saturated_fraction"] for one in _first_layers(run) if one["name"] == name), None)
        if start is None:
            continue

        def condition(
            place: int, name: str = name, layer: PlannedActivation = layer, start: float = start
        ) -> Finding | None:
            share = run.layer(place, name).get("saturated_fraction")
            rise = run.limit("saturation_rise")
            if share is None or share - start < rise:
                return None
            ratio = run.records[place]["network"]["vanish_ratio"]
            vanishing = ratio is not None and ratio < run.limit("vanish_ratio_warning")
            stalled = run.stalled(place)
            tolerated = traits(layer.activation).bounded and layer.batch_normalization == "after_activation"
            harmful = stalled or (vanishing and not tolerated)
            why = "and the loss has stopped falling" if stalled else "and the first layers get little gradient"
            told = why if harmful else "while the network still learns, which is no harm in itself"
            cures = remedies.learning_rate(run.facts, 0.1) + remedies.batch_norm_before([layer])
            cures += remedies.activation([layer], "relu", "he_normal", "a rectifier has no upper tail")
            return Finding(
                "saturation_growing",
                "warning" if harmful else "info",
                f"The saturated share of {name} rose from {start:.0%} before training to {share:.0%}, {told}.",
                "saturated_fraction",
                share,
                start + rise,
                run.limits["saturation_rise"].source,
                layer=name,
                remedies=cures,
            )

        if found := lasting(run, condition):
            yield found


def sigmoid_collapse(run: Run) -> Iterator[Finding]:
    """The last hidden sigmoid layer is pushed to 0 by its outputs' biases (Glorot and Bengio 2010)."""
    sigmoids = [name for name, layer in run.planned.items() if layer.activation == "sigmoid"]
    if not sigmoids:
        return
    name = sigmoids[-1]

    def condition(place: int) -> Finding | None:
        share = run.layer(place, name).get("saturated_low")
        if share is None or share <= run.limit("sigmoid_low"):
            return None
        layers = [layer for layer in run.planned.values() if layer.activation == "sigmoid"]
        cures = remedies.activation(layers, "tanh", "glorot_uniform", "tanh rests at 0, and so does its mean")
        cures += remedies.activation(layers, "relu", "he_normal", "a rectifier's slope is 1 where it is active")
        return Finding(
            "sigmoid_collapse",
            "warning",
            f"{share:.0%} of the outputs of {name}, the last sigmoid layer, lie in the low tail, near 0. The "
            f"layer was shut off so that random activity does not disturb the output, and passes little gradient.",
            "saturated_low",
            share,
            run.limit("sigmoid_low"),
            run.limits["sigmoid_low"].source,
            layer=name,
            remedies=cures,
        )

    if found := lasting(run, condition):
        yield found


def dying_relu(run: Run) -> Iterator[Finding]:
    """Units that were alive before training and are active on no row now."""
    for name, layer in run.planned.items():
        if not traits(layer.activation).dies:
            continue

        def condition(place: int, name: str = name, layer: PlannedActivation = layer) -> Finding | None:
            record = run.layer(place, name)
            share = record.get("died_unit_fraction")
            for severity in ("critical", "warning"):
                if share is not None and share >= run.limit(f"died_{severity}"):
                    return Finding(
                        "dying_relu",
                        severity,
                        f"{share:.0%} of the units of {name} that were alive before training are active on no row "
                        f"of the probe set now. No gradient reaches a dead unit. {_steps(run, name)}",
                        "died_unit_fraction",
                        share,
                        run.limit(f"died_{severity}"),
                        run.limits[f"died_{severity}"].source,
                        layer=name,
                        remedies=_against_dying(run, layer, name),
                    )
            return None

        if found := lasting(run, condition):
            yield found


def _largest(run: Run, name: str, key: str) -> float:
    told = [run.layer(place, name).get(key) for place in range(len(run.records))]
    return max((value for value in told if value is not None), default=0.0)


def _steps(run: Run, name: str) -> str:
    step, epoch = _largest(run, name, "update_ratio"), _largest(run, name, "movement")
    return f"Its largest median step was {step:.1%} of its weights, its largest epoch {epoch:.0%}."


def _against_dying(run: Run, layer: PlannedActivation, name: str) -> list[Remedy]:
    slower = remedies.learning_rate(run.facts, 0.1)
    others = remedies.activation([layer], "leaky_relu", None, "a slope below 0 lets a unit come back")
    others += remedies.activation([layer], "elu", None, "a soft low side lets a unit come back")
    others += remedies.batch_norm_before([layer])
    # Units that die within the first steps leave small steps behind; what the epoch moved still tells.
    deadly = _largest(run, name, "update_ratio") > run.limit("update_ratio_deadly")
    deadly = deadly or _largest(run, name, "movement") > run.limit("movement_deadly")
    return slower + others if deadly else others + slower


def _first_layers(run: Run) -> list[Mapping[str, Any]]:
    return list(run.first["layers"]) if run.first else []
