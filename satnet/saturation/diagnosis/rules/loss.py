"""Rules on the loss function."""

from collections.abc import Iterator
from dataclasses import replace

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Evidence, Finding
from satnet.saturation.diagnosis.lasting import lasting
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.spec.activation_traits import traits


@rule(thresholds={"saturated_wrong_critical": (0.2, "a fifth of the output's entries")})
def loss_mismatch(run: Run) -> Iterator[Finding]:
    """Squared error behind a sigmoid or softmax: its gradient vanishes where the output saturates."""
    facts = run.facts
    if facts.loss != "mean_squared_error" or traits(facts.output_activation).matching_loss is None:
        return
    finding = Finding(
        "warning",
        f"The loss is mean squared error on {facts.output_activation} outputs. Its gradient contains the slope of the "
        f"output activation, so an output that is saturated on the wrong side hardly learns. The matching "
        f"cross-entropy does not have this problem.",
        Evidence("loss", facts.loss, "a cross-entropy", "Glorot and Bengio 2010, section 4.1"),
        last_epoch=run.last_epoch,
        remedies=remedies.matching_loss(facts, facts.output),
    )

    def stuck(place: int) -> Finding | None:
        share = run.records[place]["network"]["saturated_wrong"]
        if share is None or share <= run.limit("saturated_wrong_critical"):
            return None
        return replace(
            finding,
            severity="critical",
            explanation=f"{share:.0%} of the output entries are saturated on the wrong side, and mean squared error "
            f"on {facts.output_activation} outputs gives them almost no gradient to recover with.",
            evidence=run.evidence("saturated_wrong", share, "saturated_wrong_critical"),
        )

    worse = next(lasting(run, stuck), None)
    yield worse if worse is not None and worse.severity == "critical" else finding
