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


@pytest.mark.parametrize("beside", [0, 1])
def test_what_needs_more_memory_than_this_worker_may_use_is_not_trained(store, settings, beside):
    # given what was stored under other settings
    small = settings.model_copy(update={"max_memory_bytes": 1_000_000})
    for _ in range(1 + beside):
        submit(store)
    grants = [store.claim(["default"], "w", f"n{number}") for number in range(1 + beside)]

    # when
    if beside:
        assert run_group(store, small, grants) == ["failed", "failed"]
    else:
        assert run_attempt(store, small, grants[0], never) == "failed"

    # then it is told with both numbers, and nobody claims it again
    for grant in grants:
        reason = store.get(grant.id)["status_reason"]
        assert (reason["code"], reason["retryable"]) == ("out_of_memory", False)
        assert reason["message"].startswith("estimated ")
        assert "limit 1,000,000" in reason["message"]
    assert store.claim(["default"], "w", "again") is None
