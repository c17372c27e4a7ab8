"""/openapi.json is valid, and complete for every operation."""

import re
from collections.abc import Iterator

import pytest
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from openapi_spec_validator import validate

from api.deps import json_body
from api.main import ROUTERS, create_app
from api.openapi.document import body_schemas
from api.openapi.examples import EXAMPLES, examples_of
from satnet.spec import json_schema
from satnet.sweeps.spec import json_schema as sweep_schema
from tests.api.openapi.conformance import operations, resolved, schema_faults

PARAMETERS = {"experiment_id", "sweep_id", "key_id", "finding", "name", "kind"}


@pytest.fixture(scope="module")
def document():
    return create_app().openapi()


def omissions(document: dict) -> Iterator[str]:
    """What a generator or a reader would miss."""
    for name, operation in operations(document).items():
        yield from (f"{name}: {one}" for one in _of_operation(document, operation))


def _of_operation(document: dict, operation: dict) -> Iterator[str]:
    if not operation.get("description") or not operation.get("tags"):
        yield "no description or tag"
    for parameter in operation.get("parameters", ()):
        if not parameter.get("description"):
            yield f"parameter {parameter['name']} has no description"
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        if "example" not in content:
            yield "the body has no example"
        else:
            yield from (f"body: {one}" for one in schema_faults(document, content["schema"], content["example"]))
    statuses = set(operation["responses"])
    if not {"400", "500"} <= statuses or not any(status < "400" for status in statuses):
        yield f"statuses {sorted(statuses)}: a success, 400 and 500 are needed"
    for status, response in operation["responses"].items():
        yield from (f"{status}: {one}" for one in _of_response(document, status, resolved(document, response)))


def _of_response(document: dict, status: str, response: dict) -> Iterator[str]:
    if "X-Request-Id" not in response.get("headers", {}):
        yield "no X-Request-Id"
    if not response.get("description") or response["description"] == "Successful Response":
        yield "no description"
    if status >= "400" and "application/problem+json" not in response["content"] and status != "503":
        yield "not a problem"
    for kind, content in response.get("content", {}).items():
        if not content.get("schema"):
            yield f"{kind} has no schema"
        if "example" not in content and kind != "application/octet-stream" and status != "503":
            yield f"{kind} has no example"
        elif kind.endswith("json") and "example" in content:
            yield from schema_faults(document, content["schema"], content["example"])


def test_document_is_valid_openapi(document):
    # when / then
    validate(document)


def test_every_operation_is_complete(document):
    # when / then
    assert list(omissions(document)) == []


def test_routes_that_read_a_body_describe_it_and_no_others(document):
    # given
    routes = [route for router in ROUTERS for route in router.routes]
    readers = {route.name for route in routes if json_body in [one.call for one in route.dependant.dependencies]}

    # when
    described = {name: one["requestBody"] for name, one in operations(document).items() if "requestBody" in one}

    # then
    assert set(described) == readers
    for name, body in described.items():
        schema = body["content"]["application/json"]["schema"]
        references = [one["$ref"] for one in schema.get("anyOf", [schema])]
        assert all(resolved(document, {"$ref": one})["properties"] for one in references), name


def test_a_route_without_declarations_is_noticed():
    # given
    app = create_app()
    app.add_api_route("/v1/news", lambda: JSONResponse({}), methods=["GET"], name="list_news")

    # when
    found = [one for one in omissions(app.openapi()) if one.startswith("list_news")]

    # then
    assert any("no description or tag" in one for one in found)
    assert any("400 and 500 are needed" in one for one in found)
    assert any("no schema" in one for one in found)
    assert any("no example" in one for one in found)


def test_operation_ids_are_readable_and_stand_alone(document):
    # when
    names = [one["operationId"] for item in document["paths"].values() for one in item.values()]

    # then
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_path_parameters_say_what_they_identify(document):
    # when
    named = {name for path in document["paths"] for name in re.findall(r"{(\w+)}", path)}

    # then
    assert named == PARAMETERS


@pytest.mark.parametrize(("name", "schema"), [("ExperimentSpec", json_schema()), ("SweepSpec", sweep_schema())])
def test_specs_are_in_the_document_by_reference(document, name, schema):
    # when
    component = document["components"]["schemas"][name]

    # then
    assert set(component["properties"]) == set(schema["properties"])
    assert component["required"] == schema["required"]
    assert set(schema["$defs"]) <= set(document["components"]["schemas"])


def test_types_with_one_name_have_one_schema():
    # given the schemas of answers, as FastAPI makes them
    app = create_app()
    answers = get_openapi(title="", version="", routes=app.routes)["components"]["schemas"]

    # when
    bodies = body_schemas()

    # then
    assert [name for name in answers if name in bodies and answers[name] != bodies[name]] == []


def test_headers_that_requests_may_have_are_described(document):
    # when
    headers = {
        name: {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
        for name, operation in operations(document).items()
    }

    # then
    assert headers["get_experiment"] == {"If-None-Match", "Prefer"}
    assert headers["create_experiment"] == {"Idempotency-Key", "Prefer"}
    assert headers["create_sweep"] == headers["clone_experiment"] == headers["submit_remedy"] == {"Idempotency-Key"}
    assert headers["list_events"] == {"Last-Event-ID"}


def test_no_example_is_left_over(document):
    # when
    names = {file.name.removesuffix(".json") for file in EXAMPLES.iterdir() if file.name.endswith(".json")}

    # then
    assert names - set(operations(document)) == set()
    assert all(examples_of(name) for name in names)
