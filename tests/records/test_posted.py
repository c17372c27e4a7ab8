"""Records from outside: completed where a number is left out, refused with a pointer where they are wrong."""

import copy

import pytest

from satnet.errors import InvalidSpec
from satnet.records.posted import parse_epochs
from satnet.records.schema import LayerRecord, UnitArrays, record_fields
from tests.saturation.test_diagnosis import epochs


@pytest.fixture
def record():
    return epochs(1)[0] | {"seconds": 0.1}


def refused(body):
    with pytest.raises(InvalidSpec) as caught:
        parse_epochs(body)
    return [(one.pointer, one.code) for one in caught.value.errors]


def test_numbers_that_are_left_out_are_null(record):
    # given a sender that is older than some fields
    del record["layers"][0]["gate"], record["layers"][0]["output"]
    record["units"] = {"dense_1": {"mean": [0.5, None]}}

    # when
    (posted,) = parse_epochs({"data": [record]}).data

    # then
    assert posted["learning_rate"] is None
    assert posted["layers"][0]["gate"] is None
    assert posted["layers"][0]["output"] == {"mean": None, "std": None}
    assert list(record_fields(LayerRecord)) == list(posted["layers"][0])
    assert posted["units"]["dense_1"] == dict.fromkeys(record_fields(UnitArrays)) | {"mean": [0.5, None]}


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        (lambda one: one, "#/data/1/colour"),
        (lambda one: one["train"], "#/data/1/train/colour"),
        (lambda one: one["network"], "#/data/1/network/colour"),
        (lambda one: one["layers"][0], "#/data/1/layers/0/colour"),
        (lambda one: one["layers"][0]["output"], "#/data/1/layers/0/output/colour"),
    ],
)
def test_an_unknown_field_is_refused_with_its_pointer(record, place, pointer):
    # given
    wrong = copy.deepcopy(record)
    place(wrong)["colour"] = 1

    # when / then
    assert refused({"data": [record, wrong]}) == [(pointer, "extra_forbidden")]


def test_the_error_of_an_unknown_field_names_those_that_are_there(record):
    # given
    record["network"]["colour"] = 1

    # when
    with pytest.raises(InvalidSpec, match="allowed: vanish_ratio, gate_decades") as caught:
        parse_epochs({"data": [record]})

    # then
    assert caught.value.errors[0].got == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"epoch": -1}, "#/data/0/epoch"),
        ({"fold": 0}, "#/data/0/fold"),
        ({"seconds": "long"}, "#/data/0/seconds"),
        ({"layers": [{"name": "a/b"}]}, "#/data/0/layers/0/activation"),
        ({"units": {"a/b": {"gate": ["x"]}}}, "#/data/0/units/a~1b/gate/0"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(record, change, pointer):
    # when / then
    assert pointer in [place for place, _ in refused({"data": [record | change]})]


def test_a_required_field_that_is_missing_is_refused(record):
    # given
    del record["network"], record["layers"][0]["units"]

    # when / then
    assert refused({"data": [record]}) == [("#/data/0/layers/0/units", "missing"), ("#/data/0/network", "missing")]
