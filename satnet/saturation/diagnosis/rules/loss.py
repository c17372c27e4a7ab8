"""Rules on the loss function."""

from collections.abc import Iterator
from dataclasses import replace

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding, lasting
from satnet.spec.activation_traits import traits


def loss_mismatch(run: Run) -> Iterator[Finding]:
    """Squared error behind a sigmoid or softmax: its gradient vanishes where the output saturates."""
    facts = run.facts
    if facts.loss != "mean_squared_error" or traits(facts.output_activation).matching_loss is None:
        return
    cures = remedies.matching_loss(facts, facts.output)
    finding = Finding(
        "loss_mismatch",
        "warning",
        f"The loss is squared error behind {facts.output_activation}. Its gradient carries the slope of the output, "
        f"so an output that is saturated on the wrong side hardly learns; the matching cross-entropy does not.",
        "loss",
        facts.loss,
        "a cross-entropy",
        "Glorot and Bengio 2010, section 4.1",
        first_epoch=0,
        last_epoch=run.records[-1]["epoch"] if run.records else 0,
        remedies=cures,
    )

    def stuck(place: int) -> Finding | None:
        share = run.records[place]["network"]["saturated_wrong"]
        if share is None or share <= run.limit("saturated_wrong_critical"):
            return None
        return replace(
            finding,
            severity="critical",
            explanation=f"{share:.0%} of the output's entries are saturated on the wrong side, and squared error "
            f"behind {facts.output_activation} gives them almost no gradient to come back with.",
            metric="saturated_wrong",
            value=share,
            threshold=run.limit("saturated_wrong_critical"),
            source=run.limits["saturated_wrong_critical"].source,
        )

    worse = lasting(run, stuck)
    yield worse if worse is not None and worse.severity == "critical" else finding
