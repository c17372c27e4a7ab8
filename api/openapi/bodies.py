"""Request bodies: they are parsed by satnet, which names each refused field; OpenAPI refers to their schemas."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.json import JsonObject
from api.openapi.answers import schema_reference
from satnet.records.posted import PostedEpochs
from satnet.records.posted_key import NewKey
from satnet.records.schema import Patch
from satnet.spec import ExperimentSpec
from satnet.spec.external import ExternalSpec, Label
from satnet.sweeps.spec import SweepSpec


class ExperimentChanges(BaseModel):
    """What may be changed in an experiment; fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=100)] | None = None
    labels: Annotated[dict[Label, Annotated[str, Field(max_length=256)]], Field(max_length=16)] = {}
    priority: Annotated[int, Field(ge=-10, le=10)] = 0
    keep: bool = False


class CloneRequest(BaseModel):
    """A JSON Patch (RFC 6902) of the experiment's spec; empty for an exact copy."""

    # Not extra="forbid", which the operations would inherit: RFC 6902 lets them have more members.
    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})

    patch: Patch = []


class RemedyRequest(BaseModel):
    """Which remedy of the finding, counted from 0, and from how many seeds it is to run."""

    model_config = ConfigDict(extra="forbid", strict=True)

    remedy: Annotated[int, Field(ge=0)] = 0
    repeats: Annotated[int, Field(ge=1, le=20)] = 1


class PredictRequest(BaseModel):
    """Raw rows in the dataset's own shape, or a table's by column name; the model encodes and standardizes them."""

    model_config = ConfigDict(extra="forbid")

    instances: Annotated[list[JsonValue], Field(min_length=1)]


BODIES = (
    ExperimentSpec,
    ExternalSpec,
    SweepSpec,
    ExperimentChanges,
    CloneRequest,
    RemedyRequest,
    PredictRequest,
    PostedEpochs,
    NewKey,
)


def json_body(*models: type, required: bool = True) -> JsonObject:
    """What a route declares of its body: one of these types."""
    references: list[dict[str, str]] = [schema_reference(model.__name__) for model in models]
    schema: JsonObject = {"anyOf": references} if len(references) > 1 else dict(references[0])
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
