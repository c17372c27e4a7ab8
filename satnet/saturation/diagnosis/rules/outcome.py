"""Rules on the outcome: what the loss did, and on which rows it was judged."""

from collections.abc import Iterator

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, Remedy, lasting
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation


def not_learning(run: Run) -> Iterator[Finding]:
    """Stalled; `diagnose` drops this where a finding above explains it."""

    def condition(place: int) -> Finding | None:
        if not run.stalled(place):
            return None
        losses = [run.records[place - 2]["train"]["loss"], run.records[place]["train"]["loss"]]
        return Finding(
            "not_learning",
            "warning",
            f"The training loss went from {losses[0]:.4g} to {losses[1]:.4g} over three measured epochs, and is "
            f"still {losses[1] / (run.chance() or losses[1]):.2f} times that of a guess that knows nothing.",
            "train.loss",
            losses[1],
            losses[0] * (1 - run.limit("stalled_fall")),
            run.limits["stalled_fall"].source,
            remedies=remedies.learning_rate(run.facts, 10.0) + remedies.adam(run.facts),
        )

    if found := lasting(run, condition):
        yield found


def nearly_linear(run: Run) -> Iterator[Finding]:
    """Every bounded layer works in its linear part: the depth adds nothing."""
    bounded = [layer for layer in run.planned.values() if traits(layer.activation).bounded]
    if len(bounded) < 2:
        return

    def condition(place: int) -> Finding | None:
        gates = [run.layer(place, layer.name).get("gate") for layer in bounded]
        told = [gate for gate in gates if gate is not None]
        if len(told) < len(gates) or min(told) <= run.limit("linear_gate"):
            return None
        wide = {"name": "variance_scaling", "scale": 3.0, "mode": "fan_avg", "distribution": "uniform"}
        cures = remedies.prescribed_initializer(bounded)
        for kernel in (wide,):
            patch = [op for layer in bounded for one in remedies.initializer(layer, kernel, "") for op in one.patch]
            cures.append(Remedy(patch, "larger weights reach the curved part"))
        return Finding(
            "nearly_linear",
            "info",
            f"All {len(bounded)} bounded layers have slopes within {1 - min(told):.1%} of their largest. They act "
            f"as linear maps, so the network is hardly deeper than a single layer.",
            "gate",
            min(told),
            run.limit("linear_gate"),
            run.limits["linear_gate"].source,
            remedies=cures,
        )

    if found := lasting(run, condition):
        yield found


def underused(run: Run) -> Iterator[Finding]:
    """Most units of a layer hardly respond."""
    for name, layer in run.planned.items():

        def condition(place: int, name: str = name, layer: PlannedActivation = layer) -> Finding | None:
            share = run.layer(place, name).get("dormant_unit_fraction")
            if share is None or share <= run.limit("dormant"):
                return None
            return Finding(
                "underused",
                "info",
                f"{share:.0%} of the units of {name} are dormant: their mean response is at most 2.5 % of the "
                f"layer's mean.",
                "dormant_unit_fraction",
                share,
                run.limit("dormant"),
                run.limits["dormant"].source,
                layer=name,
                remedies=remedies.fewer_units(run.facts, layer),
            )

        if found := lasting(run, condition):
            yield found


def overfitting(run: Run) -> Iterator[Finding]:
    """The validation loss rises while the training loss falls; or is only much larger."""
    losses = [(one["train"]["loss"], one["validation"]["loss"]) for one in run.records]

    def rising(place: int) -> bool:
        if place < 3 or run.records[place - 3]["epoch"] == 0:
            return False
        window = losses[place - 2 : place + 1]
        before = [validation for _, validation in losses[1 : place - 1] if validation is not None]
        if not before or any(None in pair for pair in window):
            return False
        edge = min(before) * (1 + run.limit("overfit_rise"))
        return all(pair[1] >= edge for pair in window) and window[-1][0] < window[0][0]

    def condition(place: int) -> Finding | None:
        train, validation = losses[place]
        if train is None or validation is None or run.records[place]["epoch"] == 0:
            return None
        rose = rising(place)
        ratio = validation / train if train > 0 else None
        if not rose and (ratio is None or ratio <= run.limit("overfit_ratio")):
            return None
        best = min(loss for _, loss in losses[: place + 1] if loss is not None)
        told = (
            f"The validation loss rose from its best of {best:.4g} to {validation:.4g} while the training loss went "
            f"on falling to {train:.4g}: the network learns its rows by heart."
            if rose
            else f"The validation loss ({validation:.4g}) is {ratio:.1f} times the training loss ({train:.4g}), "
            f"as in many good runs; it does not rise."
        )
        name = "overfit_rise" if rose else "overfit_ratio"
        return Finding(
            "overfitting",
            "warning" if rose else "info",
            told,
            "validation.loss / best" if rose else "validation.loss / train.loss",
            validation / best if rose else ratio,
            1 + run.limit(name) if rose else run.limit(name),
            run.limits[name].source,
            remedies=remedies.against_overfitting(run.facts),
        )

    if found := lasting(run, condition):
        yield found


def validates_on_test(run: Run) -> Iterator[Finding]:
    """The test rows validate, as in many books: fine to look at, not to choose by."""
    if run.facts.validates_on_test:
        yield Finding(
            "validates_on_test",
            "info",
            "The test rows serve as validation rows. Whatever is chosen by them (an epoch, a learning rate) makes "
            "their accuracy too good to be true.",
            "dataset.validation_fraction",
            0.0,
            "above 0",
            "any textbook on model selection",
            first_epoch=0,
            last_epoch=run.records[-1]["epoch"] if run.records else 0,
            remedies=remedies.hold_out(run.facts),
        )
