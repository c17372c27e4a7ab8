"""What a sweep may be, and what it is refused for."""

import pytest

from satnet.errors import InvalidSpec
from satnet.sweeps.axis import Axis
from satnet.sweeps.parse import parse_sweep
from satnet.sweeps.points import put, shown
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
    ({"objective": {"metric": "layers.dense_7.saturated_fraction"}}, "#/objective/metric"),
    ({"parameters": {"/layers/-1/units": [1]}}, "#/parameters/~1layers~1-1~1units"),
    ({"parameters": {"/optimizer/learning_rate": []}}, "#/parameters/~1optimizer~1learning_rate"),
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


ALLOWED = [
    ({"parameters": {"/optimizer/learning_rate": 0.1}}, "an object with one of choice, uniform, log_uniform, int"),
    ({"parameters": {"/layers/1/units": {"normal": [1, 2]}}}, "allowed: choice, uniform, log_uniform, int"),
    ({"parameters": {"/layers/7/units": [1]}}, "expected an index from 0 to 2, got 7"),
    ({"objective": "validation.loss"}, "expected an object with metric, mode, at"),
    ({"early_termination": {"name": "asha", "rungs": 3}}, "allowed: name, min_epochs, reduction_factor"),
    (
        {"objective": {"metric": "layers.dense_7.gate"}},
        "the hidden layers are: dense_1",
    ),
]


@pytest.mark.parametrize(("change", "words"), ALLOWED)
def test_mistakes_say_what_is_allowed(change, words):
    # when / then
    with pytest.raises(InvalidSpec, match=words):
        parse_sweep(grid(**change))


WITHOUT_ROWS = [
    (BASE, {"/dataset/validation_fraction": 0}, "#/dataset/validation_fraction"),
    (BASE, {"/dataset": {"name": "digits"}}, "#/dataset/validation_fraction"),
    (
        base(dataset={"name": "digits"}, cross_validation={"folds": 2}),
        {"/cross_validation": None},
        "#/dataset/validation_fraction",
    ),
    (BASE, {"/layers": []}, "#/layers"),
    (BASE, {"/layers": [], "/layers/1/units": 3}, "#"),
]


@pytest.mark.parametrize(("content", "point", "pointer"), WITHOUT_ROWS)
def test_a_point_that_no_validation_rows_or_no_place_is_left_to_is_no_trial(content, point, pointer):
    # given
    sweep = parse_sweep(grid(base=content))

    # when / then
    with pytest.raises(InvalidSpec) as caught:
        sweep.spec_at(point, 0)
    assert caught.value.errors[0].pointer == pointer


def test_a_point_with_folds_does_not_end_early():
    # given
    axes = {"/cross_validation": [None, {"folds": 2}], "/dataset/validation_fraction": [0.3, 0]}
    sweep = parse_sweep(grid(parameters=axes, early_termination={"name": "asha"}))

    # when / then
    with pytest.raises(InvalidSpec, match="#/early_termination"):
        sweep.spec_at({"/cross_validation": {"folds": 2}, "/dataset/validation_fraction": 0}, 0)


def test_the_points_may_bring_the_validation_rows():
    # when
    sweep = parse_sweep(
        grid(base=base(dataset={"name": "digits"}), parameters={"/dataset/validation_fraction": [0.1, 0.2]})
    )

    # then
    assert sweep.spec_at({"/dataset/validation_fraction": 0.1}, 0).dataset.validation_fraction == 0.1


@pytest.mark.parametrize("axis", [{"int": [2, 64]}, {"int": [1, 10**18]}, {"uniform": [0, 1]}, [1, "a", None, [2]]])
def test_an_axis_is_stored_as_it_was_given(axis):
    # when / then
    assert Axis.model_validate(axis).model_dump(mode="json") == axis
