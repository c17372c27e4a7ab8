"""Rules on the outcome: what the loss did, what the network is used for, and on which rows it was judged."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate

from satnet.records.schema import LayerRecord
from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Evidence, Finding
from satnet.saturation.diagnosis.lasting import lasting, lasting_by_layer
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import MEASURED
from satnet.spec.activation_traits import traits
from satnet.spec.hidden import PlannedActivation


@rule(last_resort=True)
def not_learning(run: Run) -> Iterator[Finding]:
    """Stalled, and no alarm above explains it."""

    def condition(place: int) -> Finding | None:
        if not run.stalled(place):
            return None
        start, end = run.records[place - 2]["train"]["loss"], run.records[place]["train"]["loss"]
        if start is None or end is None:
            return None
        return Finding(
            "warning",
            f"The training loss went from {start:.4g} to {end:.4g} over three measured epochs{_still(run, end)}.",
            run.evidence("train.loss", end, "stalled_fall", start * (1 - run.limit("stalled_fall"))),
            remedies=[*remedies.learning_rate(run.facts, 10.0), *remedies.adam(run.facts)],
        )

    yield from lasting(run, condition)


def _still(run: Run, loss: float) -> str:
    """How far the loss is from chance level; from that before training, where chance level is unknown."""
    chance = run.chance()
    if not chance or run.first is None:
        return ""
    known = run.first["network"]["loss_over_chance"]
    return f", and is still {loss / chance:.2f} times {'chance level' if known else 'the loss before training'}"


@rule(caused_by=["initializer_mismatch"], thresholds={"linear_gate": (0.98, "a unit whose slope hardly changes")})
def nearly_linear(run: Run) -> Iterator[Finding]:
    """Every bounded layer works in its linear part: the depth adds nothing."""
    bounded = [layer for layer in run.facts.hidden if traits(layer.activation).bounded]

    def condition(place: int) -> Finding | None:
        records = [record for layer in bounded if (record := run.layer(place, layer.name)) is not None]
        gates = [gate for record in records if (gate := record["gate"]) is not None]
        if len(gates) < len(bounded) or min(gates) <= run.limit("linear_gate"):
            return None
        return Finding(
            "info",
            f"The slopes of all {len(bounded)} bounded layers are within {1 - min(gates):.1%} of their maximum. Each "
            f"acts as a linear map, so the network is hardly more expressive than a single layer.",
            run.evidence("gate", min(gates), "linear_gate"),
            remedies=[*remedies.prescribed_initializer(bounded), *remedies.wide_initializer(bounded)],
        )

    if len(bounded) >= 2:
        yield from lasting(run, condition)


@rule(
    caused_by=[
        "saturated_at_start",
        "saturation_growing",
        "sigmoid_collapse",
        "dying_relu",
        "born_dead",
        "symmetric_weights",
    ],
    thresholds={"dormant": (0.5, "half of the layer (Sokar et al. 2023 count the units)")},
)
def underused(run: Run) -> Iterator[Finding]:
    """Most units of a layer hardly respond."""

    def condition(_: int, layer: PlannedActivation, record: LayerRecord) -> Finding | None:
        share = record["dormant_unit_fraction"]
        if share is None or share <= run.limit("dormant"):
            return None
        return Finding(
            "info",
            f"{share:.0%} of {layer.name}'s units are dormant: their mean absolute output is at most 2.5% of the "
            f"layer's average.",
            run.evidence("dormant_unit_fraction", share, "dormant"),
            layer=layer.name,
            remedies=remedies.fewer_units(run.facts, layer),
        )

    yield from lasting_by_layer(run, condition)


@rule(thresholds={"overfit_rise": (0.10, "10 % above the best validation loss"), "overfit_ratio": (1.5, MEASURED)})
def overfitting(run: Run) -> Iterator[Finding]:
    """The validation loss rises while the training loss falls; or is only much larger."""
    best = _best_so_far(run)

    def condition(place: int) -> Finding | None:
        train, validation = _losses(run, place)
        if train is None or validation is None or run.records[place]["epoch"] == 0:
            return None
        if _rising(run, place, best):
            first = _losses(run, 0)[1]
            return _rose(run, train, validation, best[place] if first is None else min(first, best[place]))
        ratio = validation / train if train > 0 else 0.0
        return _is_larger(run, train, validation, ratio) if ratio > run.limit("overfit_ratio") else None

    yield from lasting(run, condition)


def _losses(run: Run, place: int) -> tuple[float | None, float | None]:
    """Training and validation loss."""
    record = run.records[place]
    return record["train"]["loss"], record["validation"]["loss"]


def _best_so_far(run: Run) -> list[float]:
    """The smallest validation loss up to each place, the first excepted; infinite where there is none yet."""
    losses = [_losses(run, place)[1] for place in range(len(run.records))]
    return list(
        accumulate((math.inf if loss is None or place == 0 else loss for place, loss in enumerate(losses)), min)
    )


def _rising(run: Run, place: int, best: Sequence[float]) -> bool:
    """Whether the validation loss was above its best for three measured epochs while the training loss fell."""
    if place < 3 or run.records[place - 3]["epoch"] == 0:
        return False
    window = [_losses(run, at) for at in range(place - 2, place + 1)]
    pairs = [(train, validation) for train, validation in window if train is not None and validation is not None]
    before = best[place - 2]
    if before == math.inf or len(pairs) < len(window):
        return False
    edge = before * (1 + run.limit("overfit_rise"))
    return all(validation >= edge for _, validation in pairs) and pairs[-1][0] < pairs[0][0]


def _rose(run: Run, train: float, validation: float, best: float) -> Finding:
    return Finding(
        "warning",
        f"The validation loss rose from its best of {best:.4g} to {validation:.4g} while the training loss kept "
        f"falling to {train:.4g}: the network memorizes its training examples.",
        run.evidence("validation.loss / best", validation / best, "overfit_rise", 1 + run.limit("overfit_rise")),
        remedies=remedies.against_overfitting(run.facts),
    )


def _is_larger(run: Run, train: float, validation: float, ratio: float) -> Finding:
    return Finding(
        "info",
        f"The validation loss ({validation:.4g}) is {ratio:.1f} times the training loss ({train:.4g}), as in many "
        f"good runs; it is not rising.",
        run.evidence("validation.loss / train.loss", ratio, "overfit_ratio"),
        remedies=remedies.against_overfitting(run.facts),
    )


@rule()
def validates_on_test(run: Run) -> Iterator[Finding]:
    """The test rows validate, as in many books: fine to look at, not to choose by."""
    if run.facts.validates_on_test:
        yield Finding(
            "info",
            "The test set is also the validation set. Whatever is chosen by it (an epoch, a learning rate) makes the "
            "test accuracy too optimistic.",
            Evidence("dataset.validation_fraction", 0.0, "above 0", "any textbook on model selection"),
            last_epoch=run.last_epoch,
            remedies=remedies.hold_out(run.facts),
        )
