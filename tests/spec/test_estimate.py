"""The dry run's guess: of the right order, and growing with what it counts."""

import pytest

from satnet import presets
from satnet.spec import parse_spec, plan_network
from satnet.spec.estimate import seconds


def guess(name, **changes):
    spec = parse_spec(presets.load(name) | changes)
    return seconds(spec, plan_network(spec))


@pytest.mark.parametrize(
    ("name", "measured"),  # docs/performance.md: 3.7 s; 20 epochs of 0.40 s; 20 epochs of 0.24 s
    [("digits-best", 3.7), ("book-start", 11.0), ("book-best", 8.0)],
)
def test_guess_is_within_a_factor_of_three_of_what_was_measured(name, measured):
    # when / then
    assert measured / 3 < guess(name) < measured * 3


def test_guess_grows_with_epochs_folds_and_width():
    # when
    base = guess("book-best")

    # then
    assert guess("book-best", training={"epochs": 200, "batch_size": 64}) > 5 * base
    assert guess("book-best", cross_validation={"folds": 5}) > 2 * base
    assert guess("digits-start", training={"epochs": 5000, "batch_size": 1}) > guess("digits-start")
