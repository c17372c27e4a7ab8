"""Epoch records that come from outside: checked against the record types before anything is stored."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

import jsonpointer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from satnet.errors import FieldError, InvalidSpec
from satnet.records.schema import LayerRecord, MeasuredEpoch, RecordField, UnitArrays, record_fields
from satnet.spec.external import MOST_LAYERS


class PostedEpochs(BaseModel):
    """Records of an experiment that is trained elsewhere, and how training ended where they are the last."""

    model_config = ConfigDict(extra="forbid")

    data: Annotated[list[MeasuredEpoch], Field(max_length=1000)] = []
    end: Literal["succeeded", "failed", "cancelled"] | None = None
    message: Annotated[str, Field(max_length=500)] | None = None


def parse_epochs(body: Mapping[str, object]) -> PostedEpochs:
    """The records in a request's body; a number that is left out is null.

    Raises:
        InvalidSpec: with a pointer for each field that is unknown, missing, or of another type.
    """
    data = body.get("data")
    if isinstance(data, list):
        body = {**body, "data": [_completed(record, MeasuredEpoch) for record in data]}
    try:
        posted = PostedEpochs.model_validate(body)
    except ValidationError as error:
        raise InvalidSpec([_field_error(one) for one in error.errors(include_url=False)]) from error
    for place, record in enumerate(posted.data):
        if record["fold"] is not None:
            detail = "null is needed: an experiment that is trained elsewhere has no folds"
            raise InvalidSpec([FieldError(f"#/data/{place}/fold", detail, "not_allowed", record["fold"])])
        if len(record["layers"]) > MOST_LAYERS:
            detail = f"at most {MOST_LAYERS} layers"
            raise InvalidSpec([FieldError(f"#/data/{place}/layers", detail, "too_long", len(record["layers"]))])
    return posted


_fields = cache(record_fields)


def _completed(content: object, record: type) -> object:
    """`content` with null for each nullable field that it lacks: its sender may be older than the field.

    A layer's `preactivation` or `output` that is left out is a record of nulls.
    """
    if not isinstance(content, dict):
        return content
    fields = _fields(record)
    missing: dict[str, object] = {name: None for name, field in fields.items() if field.required and field.nullable}
    if record is LayerRecord:
        missing |= {name: {} for name, field in fields.items() if field.inner is not None}
        content = missing | content
    return missing | {name: _inner(value, fields.get(name)) for name, value in content.items()}


def _inner(value: object, field: RecordField | None) -> object:
    if field is None or field.inner is None:
        return value
    if isinstance(value, list):
        return [_completed(one, field.inner) for one in value]
    if field.inner is UnitArrays and isinstance(value, dict):  # by layer
        return {layer: _completed(one, field.inner) for layer, one in value.items()}
    return _completed(value, field.inner)


def _field_error(error: ErrorDetails) -> FieldError:
    """Pydantic's error with a JSON pointer, and what is allowed where a field is unknown."""
    pointer = "#" + jsonpointer.JsonPointer.from_parts(error["loc"]).path
    detail = error["msg"]
    if error["type"] == "extra_forbidden":
        detail = f"there is no such field; allowed: {', '.join(_allowed(error['loc'][:-1]))}"
    return FieldError(pointer, detail, error["type"], error.get("input"))


def _allowed(place: tuple[int | str, ...]) -> list[str]:
    """The fields of the record at a place of the body."""
    if place[:1] != ("data",):
        return list(PostedEpochs.model_fields)
    record: type = MeasuredEpoch
    for part in place[2:]:
        field = _fields(record).get(str(part)) if isinstance(part, str) else None
        record = field.inner if field is not None and field.inner is not None else record
    return list(_fields(record))
