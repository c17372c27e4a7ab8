"""What a sweep may be, and what it is refused for."""

import pytest

from satnet.errors import InvalidSpec
from satnet.sweeps.points import put, shown
from satnet.sweeps.spec import parse_sweep
from tests.sweeps.bodies import BASE, base, grid


def test_a_sweep_is_completed():
    # when
    sweep = parse_sweep(grid(objective={"metric": "validation.accuracy"}))

    # then
    assert (sweep.points, sweep.objective.mode, sweep.seed) == (4, "max", 1)
    assert parse_sweep(sweep.to_json()).to_json() == sweep.to_json()


MISTAKES = [
    ({"parameters": {}}, "#/parameters"),
    ({"parameters": {"optimizer": ["adam"]}}, "#/parameters/optimizer"),
    ({"parameters": {"/layers/7/units": [1]}}, "#/parameters/~1layers~17~1units"),
    ({"parameters": {"/seed": [1, 2]}}, "#/parameters/~1seed"),
    (
        {"parameters": {"/optimizer/learning_rate": {"log_uniform": [0.1, 1]}}},
        "#/parameters/~1optimizer~1learning_rate",
    ),
    ({"parameters": {"/layers/1/units": {"int": [9, 3]}}}, "#/parameters/~1layers~11~1units"),
    ({"search": "random"}, "#/trials"),
    ({"trials": 3}, "#/trials"),
    ({"search": "bohb", "trials": 3}, "#/search"),
    ({"repeats": 0}, "#/repeats"),
    ({"objective": {"metric": "test.accuracy"}}, "#/objective/metric"),
    ({"objective": {"metric": "validation.f1"}}, "#/objective/metric"),
    ({"objective": {"metric": "network.vanish_ratio"}}, "#/objective/mode"),
    ({"base": base(dataset={"name": "digits"})}, "#/base/dataset/validation_fraction"),
    ({"base": base(loss="mse")}, "#/base/loss"),
    ({"early_termination": {"name": "median"}}, "#/early_termination/name"),
    ({"parameters": {"/layers/1/units": list(range(1, 1000)), "/training/epochs": list(range(1, 9))}}, "#/parameters"),
    ({"gird": 1}, "#/gird"),
]


@pytest.mark.parametrize(("change", "pointer"), MISTAKES)
def test_mistakes_name_their_field(change, pointer):
    # when / then
    with pytest.raises(InvalidSpec) as caught:
        parse_sweep(grid(**change))
    assert pointer in [error.pointer for error in caught.value.errors]


def test_a_part_of_a_replaced_object_is_set_after_the_object():
    # when
    changed = put(BASE, {"/optimizer/learning_rate": 0.5, "/optimizer": "sgd"})

    # then
    assert changed["optimizer"] == {"name": "sgd", "learning_rate": 0.5}
    assert "optimizer" not in BASE


def test_one_value_goes_to_several_places_and_a_label_is_only_shown():
    # when
    value = {"label": "wide", "value": 64}
    changed = put(BASE, {"/layers/1/units,/layers/2/units": value})

    # then
    assert [layer.get("units") for layer in changed["layers"]] == [None, 64, 64]
    assert (shown(value), shown({"name": "sgd", "momentum": 0.9})) == ("wide", "sgd(momentum=0.9)")


def test_repeats_differ_in_their_seed_alone():
    # given
    sweep = parse_sweep(grid(repeats=2))

    # when
    first, second = (sweep.spec_at({"/optimizer/learning_rate": 0.01}, repeat) for repeat in range(2))

    # then
    assert first.model_copy(update={"seed": 2}) == second
