"""The spec's JSON Schema says what the service takes."""

from satnet.spec import json_schema, parse_spec


def test_only_what_must_be_given_is_required():
    # given
    spec = {"dataset": {"name": "digits"}, "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}]}

    # when
    parse_spec(spec)

    # then
    assert set(json_schema()["required"]) == set(spec)


def test_every_field_is_described():
    # when
    schema = json_schema()
    models = {"ExperimentSpec": schema, **schema["$defs"]}

    # then: a constant says which model it is
    assert [
        f"{name}.{key}"
        for name, model in models.items()
        for key, field in model["properties"].items()
        if "const" not in field and not field.get("description")
    ] == []
