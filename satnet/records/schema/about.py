"""What a record's fields mean: the source of the field table, of OpenAPI, of sweep objectives and of summaries."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin

import typing_extensions
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Better = Literal["less", "more", "unclear"]


@dataclass(frozen=True)
class About:
    """What a field holds, with its unit; becomes the description in JSON Schema."""

    description: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The field's schema with the description."""
        return {**handler(schema), "description": self.description}


@dataclass(frozen=True)
class Measure(About):
    """A measured number, which a sweep may optimize and a summary may hold."""

    better: Better = "less"  # unclear: a sweep has to say min or max
    objective: bool = True
    summarised: bool = False  # in the experiment's summary, at epoch 0 and at the end
    of_weights: bool = False  # known even where activations are not finite


@dataclass(frozen=True)
class RecordField:
    """One field of a record type."""

    name: str
    about: About
    type: Any  # without its annotations
    required: bool
    inner: type | None = None  # the record type that it holds: alone, in a list, or as values of a dict

    @property
    def nullable(self) -> bool:
        """Whether the field may be null."""
        return type(None) in get_args(self.type)


def record_fields(record: type) -> dict[str, RecordField]:
    """The described fields of a TypedDict by name, in order."""
    hints = typing_extensions.get_type_hints(record, include_extras=True)
    return {name: found for name, hint in hints.items() if (found := _field(name, hint)) is not None}


def measures(record: type) -> dict[str, Measure]:
    """The measured numbers of a TypedDict by name, in order."""
    return {name: field.about for name, field in record_fields(record).items() if isinstance(field.about, Measure)}


def _field(name: str, hint: object) -> RecordField | None:
    required = True
    if get_origin(hint) in (NotRequired, Required):
        required = get_origin(hint) is Required
        (hint,) = get_args(hint)
    if get_origin(hint) is not Annotated:
        return None
    kind, *notes = get_args(hint)
    about = next((note for note in notes if isinstance(note, About)), None)
    if about is None:
        return None
    return RecordField(name, about, kind, required, _record_in(kind))


def _record_in(kind: object) -> type | None:
    if isinstance(kind, type) and typing_extensions.is_typeddict(kind):
        return kind
    return next((inner for one in get_args(kind) if (inner := _record_in(one)) is not None), None)
