"""Every JSON body passes one gate, on every route that takes one."""

import json
import time

import pytest
from fastapi.testclient import TestClient

from api.body_gate import MOST_LEVELS, MOST_VALUES, parse_json
from api.main import create_app
from satnet import presets
from satnet.errors import InvalidJson
from satnet.settings import Settings

SPEC = presets.load("healthy-digits")
UNKNOWN = "exp_01KB6QZ5V0Y7M3T8N4R2W9XCJD"
JSON = {"content-type": "application/json"}


def nested(levels, inner="1"):
    return "[" * levels + inner + "]" * levels


REFUSED = [
    ('{"name": "\\ud800"}', "#/name", "lone_surrogate"),
    ('{"labels": {"a": "x\\udfff"}}', "#/labels/a", "lone_surrogate"),
    ('{"\\ud800": 1}', "#", "lone_surrogate"),
    ('{"a": [{"\\udc00\\ud800": 1}]}', "#/a/0", "lone_surrogate"),
    ('{"name": "a\\u0000b"}', "#/name", "nul_character"),
    ('{"a~/b": [0, "\\u0000"]}', "#/a~0~1b/1", "nul_character"),
    ('{"optimizer": {"learning_rate": 1e999}}', "#/optimizer/learning_rate", "number_too_large"),
    ('{"a": [1, -1e400]}', "#/a/1", "number_too_large"),
    ('{"seed": 9223372036854775808}', "#/seed", "number_too_large"),
    ('{"seed": -9223372036854775809}', "#/seed", "number_too_large"),
    ('{"seed": ' + "9" * 5000 + "}", "#", "malformed"),
    ('{"seed": 1, "seed": 2}', "#/seed", "repeated_key"),
    ('{"a": {"b": 1, "c": 2, "b": 1}}', "#/a/b", "repeated_key"),
    ('{"a": ' + nested(MOST_LEVELS) + "}", "#/a" + "/0" * (MOST_LEVELS - 1), "too_deep"),
    (nested(600), "#" + "/0" * MOST_LEVELS, "too_deep"),
    (nested(100_000), "#", "too_deep"),
    ('{"a": NaN}', "#", "malformed"),
    ('{"a": -Infinity}', "#", "malformed"),
    ("{", "#", "malformed"),
    ("", "#", "malformed"),
    ('"\\u00"', "#", "malformed"),
    ("[" + "1," * MOST_VALUES + "1]", "#", "too_many_values"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), REFUSED, ids=[body[:30] for body, *_ in REFUSED])
def test_a_harmful_value_is_refused_with_its_pointer(body, pointer, code):
    # when
    with pytest.raises(InvalidJson) as refused:
        parse_json(body.encode())

    # then
    (error,) = refused.value.errors
    assert (error.pointer, error.code) == (pointer, code)


@pytest.mark.parametrize(
    "body", [b'{"name": "\xff"}', b'{"name": "\xed\xa0\x80"}', '{"name": "a"}'.encode("utf-16")], ids=ascii
)
def test_a_body_that_is_not_utf8_is_refused(body):
    # when / then
    with pytest.raises(InvalidJson, match="UTF-8"):
        parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "\\ud83d\\ude00 \\u00e9 \U0001f600"}',
        '{"seed": 9223372036854775807, "low": -9223372036854775808, "big": 1.7976931348623157e308}',
        '{"a": {"b": 1}, "c": {"b": 1}, "A": 1}',
        '{"a": ' + nested(MOST_LEVELS - 1) + "}",
        json.dumps(SPEC),
        "null",
    ],
    ids=lambda body: body[:30],
)
def test_what_is_harmless_is_parsed_as_json_parses_it(body):
    # when / then
    assert parse_json(body.encode()) == json.loads(body)


def test_a_spec_costs_less_than_a_millisecond():
    # given
    body = json.dumps(SPEC).encode()

    def seconds(parse):
        began = time.perf_counter()
        for _ in range(20):
            parse(body)
        return (time.perf_counter() - began) / 20

    # when
    more = min(seconds(parse_json) for _ in range(20)) - min(seconds(json.loads) for _ in range(20))

    # then
    assert more < 0.001


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(Settings(auth="off")), base_url="http://localhost") as client:
        yield client


def routes_with_a_body():
    for path, operations in create_app().openapi()["paths"].items():
        for method, operation in operations.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield method.upper(), path


@pytest.mark.parametrize(("method", "path"), list(routes_with_a_body()))
@pytest.mark.parametrize("harmful", ['"\\ud800"', '"\\u0000"', "1e999", nested(600), '{"a": 1, "a": 1}'])
def test_every_route_with_a_body_stands_behind_the_gate(client, method, path, harmful):
    # given a place that only the gate looks at
    body = f'{{"unknown": [0, {harmful}]}}'
    url = path.replace("{experiment_id}", UNKNOWN).replace("{finding}", "dead_units")

    # when nothing asks the store
    answer = client.request(method, url, content=body, headers=JSON)

    # then
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert answer.json()["errors"][0]["pointer"].startswith("#/unknown/1")
    assert answer.headers["content-type"] == "application/problem+json"
