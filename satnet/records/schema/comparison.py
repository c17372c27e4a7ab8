"""The answer of GET /v1/compare."""

from typing import Annotated, Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.epoch import Metrics, Number
from satnet.records.schema.experiment import Parent, StatusReason
from satnet.records.schema.finding import Patch, Severity
from satnet.records.schema.summary import EpochEnd, Interval, LayerSummary
from satnet.records.status import Status

Series = dict[str, list[int] | list[list[Number]]]  # `epochs`, and per metric one list an experiment


class FindingBrief(TypedDict):
    """A finding without its evidence."""

    id: Annotated[str, About("Rule and layer.")]
    severity: Annotated[Severity, About("How bad it is.")]
    caused_by: Annotated[str | None, About("Id of the finding that is its cause.")]


class ComparedExperiment(TypedDict):
    """One of the experiments that are compared."""

    id: Annotated[str, About("Its id.")]
    name: Annotated[str | None, About("The user's name for it.")]
    status: Annotated[Status, About("Where it is in its life.")]
    seed: Annotated[int, About("Its seed.")]
    parent: Annotated[Parent | None, About("What it was derived from.")]
    status_reason: Annotated[StatusReason | None, About("Why it failed.")]
    final: Annotated[EpochEnd | None, About("Its last measured epoch.")]
    best: Annotated[EpochEnd | None, About("The epoch with the smallest validation loss.")]
    test: Annotated[Metrics | None, About("Metrics on the test rows.")]
    seconds: Annotated[float | None, About("Training and measuring, in seconds.")]
    layers: Annotated[list[LayerSummary] | None, About("Hidden activations before and after training.")]
    findings: Annotated[list[FindingBrief], About("Its findings.")]


class Difference(TypedDict):
    """A place at which the specs differ."""

    pointer: Annotated[str, About("JSON pointer into the spec.")]
    values: Annotated[list[JsonValue], About("Each experiment's value; null where it has none.")]


class Gain(TypedDict):
    """What a remedy changed, over pairs of equal seed."""

    metric: Annotated[str, About("The metric that was judged.")]
    before: Annotated[float, About("Its mean without the remedy.")]
    after: Annotated[float, About("Its mean with the remedy.")]
    gain: Annotated[float, About("Mean improvement; above 0 is better.")]
    interval: Annotated[Interval | None, About("95 % interval of the gain; null where nothing tells it.")]
    pairs: Annotated[int, About("Pairs of equal seed.")]


class Judgement(TypedDict):
    """Whether something helped."""

    verdict: Annotated[Literal["helped", "did not help", "inconclusive"], About("What the pairs say.")]
    reason: Annotated[str, About("Why.")]
    numbers: Annotated[Gain | None, About("The gain, where both sides have a final value.")]


class RemedyVerdict(Judgement):
    """Whether a remedy helped its parent."""

    finding: Annotated[str | None, About("The finding that the remedy is for.")]
    patch: Annotated[Patch, About("The remedy's patch.")]
    runs: Annotated[int, About("How many runs have the remedy.")]
    finding_gone: Annotated[int, About("In how many of them the finding is gone.")]


class Comparison(TypedDict):
    """Two or more experiments compared; the first is the baseline."""

    experiments: Annotated[list[ComparedExperiment], About("The experiments, in the order that was asked for.")]
    differences: Annotated[list[Difference], About("Where the specs differ.")]
    series: Annotated[Series, About("`epochs`, and per metric one list an experiment; null where it has no value.")]
    verdict: Annotated[RemedyVerdict | None, About("Where one is a remedy of the first: whether it helped.")]
