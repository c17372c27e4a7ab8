"""Intervals of means: the table in any textbook of statistics is the oracle."""

import pytest

from satnet.records.confidence import interval
from tests.records.test_comparison import document, verdict

T95 = {1: 12.706, 2: 4.303, 5: 2.571, 10: 2.228, 30: 2.042, 60: 2.000, 120: 1.980}  # two-sided, by degrees of freedom


@pytest.mark.parametrize(("freedom", "quantile"), T95.items())
def test_half_the_width_is_students_quantile_times_the_standard_error(freedom, quantile):
    # given as many values at -1 and 1 as there are, so that the mean is near 0
    values = [(-1.0) ** place for place in range(freedom + 1)]
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / freedom) ** 0.5

    # when
    low, high = interval(values, folds=False)

    # then
    assert (high - low) / 2 == pytest.approx(quantile * deviation / len(values) ** 0.5, rel=5e-4)
    assert (high + low) / 2 == pytest.approx(mean)


def test_a_remedy_is_judged_by_the_same_interval():
    # given gains of 0.1, 0.2 and 0.15
    pairs = [
        (document("exp_0", 0.5, findings=("f",)), document("exp_1", 0.6, role="remedy")),
        (document("exp_2", 0.5, seed=2, role="baseline"), document("exp_3", 0.7, seed=2, role="remedy")),
        (document("exp_4", 0.5, seed=3, role="baseline"), document("exp_5", 0.65, seed=3, role="remedy")),
    ]

    # when
    judged = verdict(*(one for pair in pairs for one in pair))

    # then
    expected = interval([0.1, 0.2, 0.15], folds=False)
    assert judged["numbers"]["interval"] == pytest.approx(expected)
    assert judged["verdict"] == "helped"
