"""A winner is named only beyond the noise."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from satnet.sweeps.ranking import Point, interval, ranked, verdict


def points(*values, folds=None):
    made = []
    for number, repeats in enumerate(values):
        by_fold = {0: list(repeats)} if folds else {}
        kept = {0: float(np.mean(repeats))} if folds else dict(enumerate(repeats))
        made.append(Point(number, {"/x": number}, kept, by_fold, len(kept)))
    return made


def test_interval_is_students():
    # given
    values = [0.91, 0.93, 0.90, 0.95]

    # when / then
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert interval(values, folds=False) == pytest.approx(expected)
    wide = interval(values, folds=True)
    assert wide[1] - wide[0] == pytest.approx((expected[1] - expected[0]) * np.sqrt((1 / 4 + 1 / 3) * 4))


def test_a_point_that_is_better_at_every_seed_wins_however_seeds_differ():
    # given seeds that move both points together far more than the points differ
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 1, 6)
    better, worse = shared + 0.5 + rng.normal(0, 0.01, 6), shared + rng.normal(0, 0.01, 6)

    # when
    ranking = verdict(points(worse, better), 1.0)

    # then
    assert (ranking["verdict"], ranking["best"]["point"]) == ("winner", 1)
    assert ranking["runners_up"][0]["difference_interval"][0] > 0.4


def test_equal_points_are_told_apart_in_few_sweeps_however_many_they_are():
    # given ten points that do not differ, again and again
    rng = np.random.default_rng(2)

    # when
    won = [verdict(points(*rng.normal(0, 1, (10, 5))), 1.0)["verdict"] == "winner" for _ in range(200)]

    # then
    assert np.mean(won) <= 0.05


def test_one_value_a_point_says_nothing_on_noise():
    # when
    ranking = verdict(points([0.5], [0.9]), 1.0)

    # then
    assert (ranking["verdict"], ranking["best"]["point"], ranking["best"]["interval"]) == ("unknown", 1, None)


def test_folds_tell_the_noise_of_a_single_repeat():
    # when
    ranking = verdict(points([0.5, 0.52, 0.51], [0.9, 0.93, 0.91], folds=True), 1.0)

    # then
    assert (ranking["verdict"], ranking["best"]["folds"]) == ("winner", 3)


def test_a_point_whose_repeats_failed_comes_behind():
    # given
    whole, broken = Point(0, {}, {0: 0.5, 1: 0.6}, {}, 2), Point(1, {}, {0: 0.9}, {}, 2)

    # when
    ranking = verdict([broken, whole], 1.0)

    # then
    assert (ranking["best"]["point"], ranking["indistinguishable"] or ranking["verdict"]) == (0, "unknown")
    assert ranking["runners_up"][0]["missing"] == 1


def test_equal_differences_tell_no_noise_and_name_no_winner():
    # when both seeds happen to differ by the same number of rows
    ranking = verdict(points([0.91, 0.92], [0.93, 0.94]), 1.0)

    # then
    assert (ranking["verdict"], ranking["indistinguishable"]) == ("no_difference_found", [0])


def test_a_point_that_was_ended_early_is_behind_those_that_came_to_their_end():
    # given
    ended = Point(0, {"/x": 0}, {0: 0.1}, {}, 1, {0})
    whole = Point(1, {"/x": 1}, {0: 0.3}, {}, 1)

    # when / then
    assert verdict([ended, whole], -1.0)["best"]["point"] == 1


def test_points_are_ranked_complete_then_incomplete_then_cut_short():
    # given values that rank the other way round
    complete = Point(0, {}, {0: 0.1, 1: 0.2}, {}, 2)
    incomplete = Point(1, {}, {0: 0.5}, {}, 2)
    cut = Point(2, {}, {0: 0.8, 1: 0.9}, {}, 2, {1})
    both = Point(3, {}, {0: 0.99}, {}, 2, {0})

    # when
    order = ranked([both, cut, incomplete, complete, Point(4, {}, {}, {}, 2)], 1.0)

    # then
    assert [point.number for point in order] == [0, 1, 2, 3]


def test_the_documentation_ranks_points_as_the_code_does():
    # given
    text = " ".join((Path(__file__).parents[2] / "docs" / "sweeps.md").read_text().split())

    # when / then
    assert 0 < text.index("failed repeat rank below") < text.index("stopped early rank last")
