"""Rules on gradients: vanishing, exploding, not finite."""

from collections.abc import Iterator

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, Remedy, lasting
from satnet.spec.activation_traits import traits


def vanishing_gradient(run: Run) -> Iterator[Finding]:
    """The first hidden layer gets a small part of the last one's gradient."""

    def condition(place: int) -> Finding | None:
        network, layers = run.records[place]["network"], run.layers(place)
        ratio = network["vanish_ratio"]
        if ratio is None or ratio >= run.limit("vanish_ratio_warning"):
            return None
        weak = layers[0]["gradient_rms"]
        weak = weak is not None and weak < run.limit("gradient_rms_low")
        severe = ratio < run.limit("vanish_ratio_critical") and (run.stalled(place) or weak)
        name = "vanish_ratio_critical" if severe else "vanish_ratio_warning"
        return Finding(
            "vanishing_gradient",
            "critical" if severe else "warning",
            f"The gradient at the first hidden layer is {ratio:.1e} of that at the last. {_split(network)}",
            "vanish_ratio",
            ratio,
            run.limit(name),
            run.limits[name].source,
            layer=None,
            remedies=_against_vanishing(run, network),
        )

    if found := lasting(run, condition):
        yield found


def _split(network: dict[str, float | None]) -> str:
    gates, weights = network["gate_decades"], network["weight_decades"]
    if gates is None or weights is None:
        return ""
    share = "slopes" if gates <= weights else "weights"
    return (
        f"Of its {-(gates + weights):.1f} decades, the slopes of the activations take {-gates:.1f} and the weights "
        f"{-weights:.1f}: the {share} are to blame."
    )


def _against_vanishing(run: Run, network: dict[str, float | None]) -> list[Remedy]:
    gates, weights = network["gate_decades"] or 0.0, network["weight_decades"] or 0.0
    hidden = run.facts.hidden
    bounded = [layer for layer in hidden if traits(layer.activation).bounded]
    by_gates = remedies.activation(bounded, "relu", "he_normal", "a rectifier's slope is 1 where it is active")
    by_gates += remedies.batch_norm_before(hidden)
    by_weights = remedies.prescribed_initializer(hidden)
    return by_gates + by_weights if gates <= weights else by_weights + by_gates


def exploding_gradient(run: Run) -> Iterator[Finding]:
    """The first hidden layer gets many times the last one's gradient."""

    def condition(place: int) -> Finding | None:
        ratio = run.records[place]["network"]["vanish_ratio"]
        if ratio is None or ratio <= run.limit("explode_ratio"):
            return None
        steps = remedies.learning_rate(run.facts, 0.1) + remedies.clip()
        weights = remedies.prescribed_initializer(run.facts.hidden) + remedies.batch_norm_before(run.facts.hidden)
        # Steps that are small already are not what makes the gradient grow.
        taken = [one["update_ratio"] for one in run.layers(place) if one["update_ratio"] is not None]
        small = bool(taken) and max(taken) < run.limit("update_ratio_deadly")
        cures = weights + steps if small else steps + weights
        return Finding(
            "exploding_gradient",
            "warning",
            f"The gradient at the first hidden layer is {ratio:.0f} times that at the last. It grows from layer to "
            f"layer, so one learning rate cannot suit both.",
            "vanish_ratio",
            ratio,
            run.limit("explode_ratio"),
            run.limits["explode_ratio"].source,
            remedies=cures,
        )

    if found := lasting(run, condition):
        yield found


def non_finite(run: Run) -> Iterator[Finding]:
    """Infinite or undefined numbers: the loss, or what a layer computes."""
    for record in run.records:
        broken = [layer["name"] for layer in record["layers"] if layer["non_finite"]]
        count = sum(layer["non_finite"] for layer in record["layers"])
        if record["train"]["loss"] is None or broken:
            where = f"{', '.join(broken)} compute {count} numbers that are" if broken else "The training loss is"
            yield Finding(
                "non_finite",
                "critical",
                f"{where} infinite or undefined at epoch {record['epoch']}. Nothing can be learned from there.",
                "non_finite",
                count or 1,
                0,
                "any at all",
                first_epoch=record["epoch"],
                last_epoch=run.records[-1]["epoch"],
                remedies=remedies.learning_rate(run.facts, 0.1) + remedies.clip(),
            )
            return
