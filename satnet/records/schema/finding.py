"""A finding of the diagnosis, its evidence and its remedies."""

from typing import Annotated, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from satnet.records.schema.about import About

Severity = Literal["info", "warning", "critical"]

PatchOperation = TypedDict(
    "PatchOperation",
    {
        "op": Annotated[Literal["add", "remove", "replace", "move", "copy", "test"], About("What to do.")],
        "path": Annotated[str, About("JSON pointer into the spec.")],
        "value": NotRequired[Annotated[JsonValue, About("For add, replace and test.")]],
        "from": NotRequired[Annotated[str, About("JSON pointer, for move and copy.")]],
    },
)
PatchOperation.__doc__ = "One operation of a JSON Patch (RFC 6902)."
Patch = list[PatchOperation]


class Evidence(TypedDict):
    """The number that a rule judged."""

    metric: Annotated[str, About("Field of the epoch record, or of the spec.")]
    value: Annotated[JsonValue, About("What was measured.")]
    threshold: Annotated[JsonValue, About("What it was compared with.")]
    source: Annotated[str, About("Where the threshold comes from.")]


class Remedy(TypedDict):
    """A patch of the spec; a hypothesis until the patched experiment was compared."""

    patch: Annotated[Patch, About("JSON Patch of the spec; empty where the spec cannot be changed.")]
    why: Annotated[str, About("Why it may help.")]


class FindingRecord(TypedDict):
    """What a rule found."""

    id: Annotated[str, About("Rule and layer; stable.")]
    rule: Annotated[str, About("The rule's name.")]
    severity: Annotated[Severity, About("How bad it is.")]
    layer: Annotated[str | None, About("The layer it is about; null for the network.")]
    first_epoch: Annotated[int | None, About("First epoch at which it held; null before training.")]
    last_epoch: Annotated[int | None, About("Last epoch at which it held; null before training.")]
    caused_by: Annotated[str | None, About("Id of the finding that is its cause.")]
    evidence: Annotated[Evidence, About("The number and its threshold.")]
    explanation: Annotated[str, About("What it means, in one or two sentences.")]
    remedies: Annotated[list[Remedy], About("What may help, in order.")]


class FindingPage(TypedDict):
    """GET /v1/experiments/{id}/findings."""

    data: Annotated[list[FindingRecord], About("Findings, ordered by cause.")]
