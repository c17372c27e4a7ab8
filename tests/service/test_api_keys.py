"""API keys: made, recognised, refused, and what of them is stored."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from satnet.errors import InvalidSpec, NotFound, Unauthenticated
from satnet.records.posted_key import NewKey
from satnet.service.api_keys import caller_of, create_first_key, create_key


def make(store, name="operator", *scopes, **more):
    return create_key(store, NewKey(name=name, scopes=list(scopes) or ["admin"], **more))


def changed(text):
    """The same key but for its last letter."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def test_a_key_is_recognised_by_its_text(store):
    # given
    created = make(store, "laptop", "admin", owner="alice")

    # when
    caller = caller_of(store, created["key"])

    # then
    assert (caller.owner, caller.key, caller.is_admin) == ("alice", created["id"], True)


def test_a_key_has_32_random_bytes_and_no_two_are_alike(store):
    # when
    texts = [make(store)["key"] for _ in range(20)]

    # then
    assert all(re.fullmatch(r"sat_[0-9A-Z]{26}_[\w-]{43}", text) for text in texts)
    assert len({text.split("_", 2)[2] for text in texts}) == 20


@pytest.mark.parametrize(
    "spoil",
    [
        changed,
        lambda text: text + "x",
        lambda text: text[:-1],
        str.lower,
        lambda text: text.replace("sat_", "SAT_"),
        lambda text: text.rpartition("_")[0],
        lambda text: text.split("_", 2)[2],
        lambda text: "sat_" + 26 * "0" + text[30:],
        lambda _: "sat_*_x",
        lambda _: "sat_\udce9_x",
        lambda _: "",
    ],
)
def test_another_text_is_no_key(store, spoil):
    # given
    text = make(store)["key"]

    # when / then
    with pytest.raises(Unauthenticated):
        caller_of(store, spoil(text))


def test_a_revoked_key_is_refused_and_stays_revoked(store):
    # given
    created = make(store)

    # when
    store.revoke_api_key(created["id"])
    first = store.api_keys()[0].revoked_at
    store.revoke_api_key(created["id"])

    # then
    assert store.api_keys()[0].revoked_at == first
    with pytest.raises(Unauthenticated):
        caller_of(store, created["key"])
    with pytest.raises(NotFound, match="key_none"):
        store.revoke_api_key("key_none")


def test_a_key_expires(store, raw):
    # given
    created = make(store, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert caller_of(store, created["key"]).is_admin

    # when
    raw.hset(f"sn:key:{created['id']}", "expires_at", store.now())

    # then
    with pytest.raises(Unauthenticated):
        caller_of(store, created["key"])


def test_what_is_stored_is_the_hash(store, raw):
    # when
    created = make(store)

    # then
    stored = raw.hgetall(f"sn:key:{created['id']}")
    assert stored["sha256"] == hashlib.sha256(created["key"].encode()).hexdigest()
    assert not any(created["key"].split("_", 2)[2] in value for value in stored.values())


def test_the_last_use_is_stored_once_a_minute(store, raw):
    # given
    created = make(store)
    name = f"sn:key:{created['id']}"

    # when
    caller_of(store, created["key"])
    first = raw.hget(name, "last_used_at")
    caller_of(store, created["key"])

    # then
    assert raw.hget(name, "last_used_at") == first
    raw.hset(name, "last_used_at", float(first) - 60_000)
    caller_of(store, created["key"])
    assert float(raw.hget(name, "last_used_at")) >= float(first)


def test_of_many_that_make_the_first_key_one_does(store):
    # when
    with ThreadPoolExecutor(20) as pool:
        created = list(pool.map(lambda _: create_first_key(store, "admin"), range(20)))

    # then
    assert sum(one is not None for one in created) == 1
    assert len(store.api_keys()) == 1


def test_the_first_key_is_an_admin_s_and_the_others_need_not_be(store):
    # when / then
    with pytest.raises(InvalidSpec):
        make(store, "ci", "submit")
    assert not store.has_api_keys()
    make(store)
    assert make(store, "ci", "submit", "read")["scopes"] == ["read", "submit"]
