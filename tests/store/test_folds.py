"""Folds that are offered, taken, brought and given back: the scripts against a real server."""

import time

import pytest

from satnet.errors import Interrupted
from tests.store.test_store import finish, submit


@pytest.fixture
def owner(store):
    """The grant of a running experiment that offers folds 1 to 3."""
    submit(store, cross_validation={"folds": 4, "stratified": True})
    grant = store.claim(["default"], "w", "n")
    assert store.offer_folds(grant.id, grant.fence, 1, 4) == "default"
    return grant


def take(store, owner, fold):
    return store.take_fold(owner.id, owner.fence, fold)


def test_helpers_take_from_the_end_and_the_owner_from_the_start(store, owner):
    # when
    first, second = (store.claim_fold(["default"], nonce) for nonce in ("a", "b"))

    # then
    assert (first.id, first.fence, first.fold, second.fold) == (owner.id, owner.fence, 3, 2)
    assert first.spec["cross_validation"]["folds"] == 4
    assert [take(store, owner, fold) for fold in (0, 1, 2)] == [("own", None), ("own", None), ("busy", None)]
    assert store.claim_fold(["default"], "c") is None
    assert store.claim_fold(["other"], "d") is None


def test_what_a_helper_brings_is_taken_over_once_it_is_done(store, owner):
    # given
    grant = store.claim_fold(["default"], "a")

    # when
    assert store.renew_fold(grant)
    assert store.finish_fold(grant, {"records": [{"epoch": 0}]})
    assert store.finish_fold(grant, {"records": [{"epoch": 0}]})  # the reply was lost

    # then
    assert take(store, owner, 3) == ("done", {"records": [{"epoch": 0}]})
    assert take(store, owner, 3)[0] == "done"


@pytest.mark.usefixtures("owner")
def test_a_repeated_claim_brings_the_same_fold(store):
    assert store.claim_fold(["default"], "a") == store.claim_fold(["default"], "a")
    assert store.claim_fold(["default"], "b").fold == 2


def test_a_silent_helper_loses_its_fold_to_another_one_or_to_the_owner(store, owner):
    # given leases of half a second
    silent = [store.claim_fold(["default"], nonce) for nonce in ("a", "b")]
    time.sleep(0.6)

    # when
    again = store.claim_fold(["default"], "c")

    # then
    assert (again.fold, take(store, owner, 2)) == (3, ("own", None))
    assert not any(store.renew_fold(grant) or store.finish_fold(grant, {}) for grant in silent)
    assert take(store, owner, 3) == ("busy", None)


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(("to_owner", "next_fold"), [(False, 3), (True, 2)])
def test_a_fold_is_given_back(store, to_owner, next_fold):
    # when
    assert store.leave_fold(store.claim_fold(["default"], "a"), to_owner=to_owner)

    # then
    assert store.claim_fold(["default"], "b").fold == next_fold


@pytest.mark.parametrize("ask", ["cancel", "pause"])
def test_helpers_hear_that_the_experiment_shall_not_go_on(store, owner, ask):
    # given
    grant = store.claim_fold(["default"], "a")

    # when
    getattr(store, ask)(owner.id)

    # then
    assert not store.renew_fold(grant)
    assert store.claim_fold(["default"], "b") is None


def release(store, grant):
    store.release(grant.id, grant.fence)


def lost(store, grant):
    store.attempt_lost(grant.id, grant.fence, "stalled", "it was silent")


@pytest.mark.parametrize("end", [finish, release, lost])
def test_nothing_is_left_when_the_attempt_is_over(store, owner, raw, end):
    # given
    grant, done = store.claim_fold(["default"], "a"), store.claim_fold(["default"], "b")
    store.finish_fold(done, {"records": []})

    # when
    end(store, owner)

    # then
    assert not store.renew_fold(grant)
    assert not store.finish_fold(grant, {})
    assert store.claim_fold(["default"], "c") is None
    assert [*raw.scan_iter("sn:folds:*"), *raw.scan_iter("sn:offers:*")] == []
    with pytest.raises(Interrupted, match="lost"):
        take(store, owner, 1)
    assert store.offer_folds(owner.id, owner.fence, 1, 4) is None
