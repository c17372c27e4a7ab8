"""What belongs to whom: the store as one owner sees it."""

import pytest

from satnet.errors import NotFound
from satnet.records.ids import new_id
from tests.store.test_store import SPEC, submit


@pytest.fixture
def alice(store):
    return store.acting_for("alice", everything=False)


@pytest.fixture
def bob(store):
    return store.acting_for("bob", everything=False)


def test_an_experiment_belongs_to_whoever_submits_it(store, alice):
    # when
    own, _ = submit(alice)
    nobodys, _ = submit(store)

    # then
    assert store.get(own)["owner"] == "alice"
    assert store.get(nobodys)["owner"] is None


def test_what_belongs_to_others_is_not_found(store, alice, bob):
    # given
    identities = [submit(alice)[0], submit(store)[0]]

    # when / then
    for experiment_id in identities:
        for ask in (bob.get, bob.version, bob.epochs, bob.events):
            with pytest.raises(NotFound, match=experiment_id):
                ask(experiment_id)


def test_lists_show_what_is_one_s_own(store, alice, bob):
    # given
    first, second = submit(alice)[0], submit(alice)[0]
    other = submit(bob)[0]
    store.cancel(first)

    # when / then
    assert [one["id"] for one in alice.list()["data"]] == [second, first]
    assert [one["id"] for one in alice.list(status="queued")["data"]] == [second]
    assert [one["id"] for one in alice.list(owner="alice")["data"]] == [second, first]
    assert alice.list(owner="bob")["data"] == []
    assert [one["id"] for one in store.list()["data"]] == [other, second, first]
    assert [one["id"] for one in store.list(owner="bob")["data"]] == [other]


def test_pages_of_one_owner_are_without_gap_or_repeat(alice, bob):
    # given
    own = [submit(one)[0] for one in [alice, bob] * 5][::2]

    # when
    seen, after = [], None
    while True:
        page = alice.list(limit=2, after=after)
        seen += [one["id"] for one in page["data"]]
        after = page["next"]
        if after is None:
            break

    # then
    assert seen == own[::-1]


def test_sweeps_of_others_are_not_found_and_not_listed(store, alice, bob):
    # given
    own, _ = alice.create_sweep(new_id("swp_"), {"name": "mine"}, None, "")

    # when / then
    assert store.sweep(own).owner == "alice"
    assert [one.id for one in alice.sweeps(None, 20, None)[0]] == [own]
    assert bob.sweeps(None, 20, None) == ([], None)
    assert [one.id for one in store.sweeps(None, 20, None, "alice")[0]] == [own]
    with pytest.raises(NotFound):
        bob.sweep(own)


def test_one_idempotency_key_of_two_owners_is_two_keys(store, alice, bob):
    # when
    first, _ = submit(alice, "k", "body")
    second, replayed = submit(bob, "k", "another body")

    # then
    assert (first == second, replayed) == (False, False)
    assert submit(alice, "k", "body") == (first, True)
    assert not submit(store, "alice/k", "body")[1]


def test_a_deleted_experiment_leaves_its_owner_s_index(store, alice, raw):
    # given
    experiment_id, _ = submit(alice)
    store.cancel(experiment_id)

    # when
    store.delete(experiment_id)

    # then
    assert raw.keys("sn:ix:owner:*") == []


def test_a_success_is_reused_by_its_owner_alone(store, alice, bob):
    # given
    submit(alice)
    grant = store.claim(["default"], "w", "n")

    # when
    store.finish(grant.id, grant.fence, "succeeded", summary={"x": 1}, environment={}, stop_reason="completed")

    # then
    assert alice.same_spec(SPEC.sha256) == grant.id
    assert bob.same_spec(SPEC.sha256) is None
    assert store.same_spec(SPEC.sha256) is None


def test_seeing_only_what_is_one_s_own_needs_an_owner(store):
    # when / then
    with pytest.raises(ValueError, match="needs an owner"):
        store.acting_for(None, everything=False)
