"""How a condition that holds over epochs becomes a finding."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from satnet.records.schema import LayerRecord
from satnet.saturation.diagnosis.finding import Finding
from satnet.saturation.diagnosis.run import Run
from satnet.spec.hidden import PlannedActivation

Condition = Callable[[int], Finding | None]
LayerCondition = Callable[[int, PlannedActivation, LayerRecord], Finding | None]


def lasting(run: Run, condition: Condition) -> Iterator[Finding]:
    """The finding of a condition that held at two measured epochs in a row.

    Its evidence and severity are those of the last epoch at which it held. One that no longer holds is info:
    nobody need act on it.

    Args:
        run: the run.
        condition: from the place of a measured epoch to the finding there, or None.
    """
    held = [condition(place) for place in range(len(run.records))]
    places = [place for place in range(1, len(held)) if held[place] is not None and held[place - 1] is not None]
    latest = held[places[-1]] if places else None
    if latest is None:
        return
    first, last = run.records[places[0] - 1]["epoch"], run.records[places[-1]]["epoch"]
    finding = replace(latest, first_epoch=first, last_epoch=last)
    if places[-1] < len(held) - 1:
        explanation = f"{latest.explanation} Last seen at epoch {last}."
        finding = replace(finding, severity="info", explanation=explanation)
    yield finding


def lasting_by_layer(run: Run, condition: LayerCondition) -> Iterator[Finding]:
    """The same for each hidden layer by itself."""
    for name, layer in run.planned.items():

        def of_layer(place: int, name: str = name, layer: PlannedActivation = layer) -> Finding | None:
            record = run.layer(place, name)
            return None if record is None else condition(place, layer, record)

        yield from lasting(run, of_layer)
