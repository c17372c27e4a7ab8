"""Attempts that cannot begin: played over a real store, without training."""

import pytest

from tests.store.test_store import submit
from worker.group import run_group
from worker.single import run_attempt


def never(*_, **__):
    raise AssertionError("it was trained")


@pytest.mark.parametrize("beside", [0, 1])
def test_a_spec_that_this_version_does_not_know_fails_for_good(store, settings, beside):
    # given what an older or a newer version stored
    for _ in range(1 + beside):
        submit(store, layers=[{"type": "of another time"}])
    grants = [store.claim(["default"], "w", f"n{number}") for number in range(1 + beside)]

    # when
    if beside:
        assert run_group(store, settings, grants) == ["failed", "failed"]
    else:
        assert run_attempt(store, settings, grants[0], never) == "failed"

    # then it is told, and nobody claims it again
    for grant in grants:
        told = store.get(grant.id)
        assert (told["status"], told["status_reason"]["code"]) == ("failed", "internal_error")
    assert store.claim(["default"], "w", "again") is None
