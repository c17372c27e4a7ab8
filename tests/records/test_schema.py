"""The typed records: every field is described, and JSON Schema says so."""

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import get_type_hints, is_typeddict

from satnet.records import schema

RECORDS = [one for name in schema.__all__ if is_typeddict(one := getattr(schema, name))]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_described(record):
    # when
    described = schema.record_fields(record)

    # then
    assert list(described) == list(get_type_hints(record))
    assert all(field.about.description.endswith((".", "...")) for field in described.values())
    assert record.__doc__


def test_json_schema_describes_each_field_of_the_epoch_record():
    # when
    definitions = TypeAdapter(schema.EpochRecord).json_schema()["$defs"]

    # then
    gate = definitions["LayerRecord"]["properties"]["gate"]
    assert gate["description"] == schema.measures(schema.LayerRecord)["gate"].description
    assert gate["anyOf"] == [{"type": "number"}, {"type": "null"}]


def test_a_field_that_is_no_field_of_the_record_is_refused():
    # given
    network = dict.fromkeys(schema.record_fields(schema.NetworkRecord))

    # when / then
    TypeAdapter(schema.NetworkRecord).validate_python(network)
    with pytest.raises(ValidationError, match="colour"):
        TypeAdapter(schema.NetworkRecord).validate_python(network | {"colour": 1})


def test_record_fields_know_the_record_inside():
    # when
    fields = schema.record_fields(schema.EpochRecord)

    # then
    assert (fields["layers"].inner, fields["network"].inner) == (schema.LayerRecord, schema.NetworkRecord)
    assert (fields["fold"].nullable, fields["epoch"].nullable) == (True, False)
    assert (fields["epoch"].required, fields["input"].required) == (True, False)
