"""Errors quote what came in few characters, and can always be encoded."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.errors import install
from api.quoting import MOST_GOT, quoted, shortened
from satnet.errors import FieldError, InvalidSpec


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("value", [None, 7, 0.5, "tanh", [1, {"a": "b"}]])
def test_a_short_value_is_quoted_as_it_is(value):
    # when / then
    assert quoted(value) == value


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000, list(range(100_000)), {"k" * 10_000: 1}, 10**5000, deep(), {(1, 2): 3}, object(), b"\xff", 1e999],
    ids=lambda value: type(value).__name__,
)
def test_any_value_is_quoted_briefly_and_as_json(value):
    # when
    text = json.dumps(quoted(value), allow_nan=False)

    # then
    assert len(text) < MOST_GOT + 100


def test_shortened_says_how_long_the_text_was():
    # when / then
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc... (4 characters)"


def test_a_problem_is_bounded_and_encodable():
    # given
    app = FastAPI()
    install(app)

    @app.get("/refused")
    def refused():
        raise InvalidSpec([FieldError("#/" + "\ud800" * 5000, "y" * 5000, "z", ["\udfff"] * 5000)] * 5000)

    # when
    with TestClient(app) as http:
        answer = http.get("/refused")

    # then
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100
    assert len(answer.content) < 2_500_000
