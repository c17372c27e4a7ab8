"""Ids sort by the time at which they were made."""

from itertools import pairwise

from satnet.records.ids import is_id, new_id


def test_ids_sort_in_the_order_in_which_they_were_made():
    # when
    made = [new_id() for _ in range(5000)]

    # then many of them in the same millisecond
    assert all(one < other for one, other in pairwise(made))
    assert all(is_id(one, "exp_") for one in made)
