"""Keys over HTTP: when one is needed, what each may do, and what belongs to others."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from satnet import presets
from tests.sweeps.bodies import grid

SPEC = presets.load("healthy-digits")


@pytest.fixture
def http(settings):
    plain = settings.model_copy(update={"auth": "auto", "allowed_hosts": ()})
    with TestClient(create_app(plain), "http://localhost", raise_server_exceptions=False) as client:
        yield client


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def admin(http):
    """Headers of the first key, an admin's."""
    return bearer(http.post("/v1/keys", json={"name": "operator", "scopes": ["admin"]}).json()["key"])


@pytest.fixture
def key_of(http, admin):
    """Headers of a new key."""

    def create(name, *scopes, **more):
        body = {"name": name, "scopes": scopes or ("submit",)} | more
        return bearer(http.post("/v1/keys", json=body, headers=admin).json()["key"])

    return create


def test_on_loopback_nothing_needs_a_key_until_there_is_one(http):
    # when / then
    assert http.post("/v1/experiments", json=SPEC).json()["owner"] is None
    http.post("/v1/keys", json={"name": "operator", "scopes": ["admin"]})
    refused = http.get("/v1/experiments")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_is_answered_with_its_text_once(http, admin):
    # when
    created = http.post("/v1/keys", json={"name": "ci", "scopes": ["read"], "owner": "alice"}, headers=admin)
    listed = http.get("/v1/keys", headers=admin)

    # then
    assert created.status_code == 201
    assert created.headers["Cache-Control"] == "no-store"
    text = created.json()["key"]
    assert text.startswith("sat_")
    assert len(text) > 70
    assert [one["name"] for one in listed.json()["data"]] == ["ci", "operator"]
    assert listed.json()["data"][0] == {name: value for name, value in created.json().items() if name != "key"}
    assert text not in listed.text


def test_the_first_key_has_to_be_an_admin_s(http):
    # when
    refused = http.post("/v1/keys", json={"name": "ci", "scopes": ["submit"]})

    # then
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/scopes"
    assert http.get("/v1/experiments").status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "two words"}, "#/name"),
        ({"name": ""}, "#/name"),
        ({"scopes": []}, "#/scopes"),
        ({"scopes": ["root"]}, "#/scopes/0"),
        ({"owner": "a/b"}, "#/owner"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "#/expires_at"),
        ({"expires_at": "2120-01-01T00:00:00"}, "#/expires_at"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_its_pointer(http, change, pointer):
    # when
    refused = http.post("/v1/keys", json={"name": "operator", "scopes": ["admin"]} | change)

    # then
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


def test_lists_comparisons_and_workers_tell_nothing_of_others(http, key_of, store):
    # given
    alice, bob = key_of("alice"), key_of("bob")
    hers = [http.post("/v1/experiments", json=SPEC, headers=alice).json() for _ in range(2)]
    his = http.post("/v1/experiments", json=SPEC, headers=bob).json()["id"]
    store.worker_seen("wrk_1", {"busy": hers[0]["id"], "latest": his, "queues": ["default"]})

    # when
    listed = http.get("/v1/experiments", headers=bob).json()["data"]
    compared = http.get(f"/v1/compare?ids={his},{hers[0]['id']}", headers=bob)
    row = http.get("/v1/workers", headers=bob).json()["data"][0]

    # then
    assert hers[0]["owner"] == "alice"
    assert [one["id"] for one in listed] == [his]
    assert compared.status_code == 404
    assert (row["busy"], row["latest"]) == (None, his)
    assert http.get("/v1/experiments?owner=alice", headers=bob).json()["data"] == []


def test_an_admin_sees_everybody_and_may_ask_for_one(http, admin, key_of):
    # given
    hers = http.post("/v1/experiments", json=SPEC, headers=key_of("alice")).json()["id"]
    http.post("/v1/experiments", json=SPEC, headers=key_of("bob"))

    # when / then
    assert len(http.get("/v1/experiments", headers=admin).json()["data"]) == 2
    assert [one["id"] for one in http.get("/v1/experiments?owner=alice", headers=admin).json()["data"]] == [hers]
    assert http.post(f"/v1/experiments/{hers}/cancel", headers=admin).status_code == 202


def test_a_clone_belongs_to_whoever_asked_for_it(http, admin, key_of):
    # given
    hers = http.post("/v1/experiments", json=SPEC, headers=key_of("alice")).json()["id"]

    # when
    clone = http.post(f"/v1/experiments/{hers}/clone", json={"patch": []}, headers=admin)

    # then
    assert clone.json()["owner"] == "operator"


def test_trials_belong_to_the_owner_of_their_sweep(http, admin, key_of):
    # when
    created = http.post("/v1/sweeps", json=grid(), headers=key_of("alice")).json()

    # then
    trials = http.get(f"/v1/experiments?sweep={created['id']}", headers=admin).json()["data"]
    assert created["owner"] == "alice"
    assert {one["owner"] for one in trials} == {"alice"}
    assert http.get("/v1/sweeps", headers=key_of("bob")).json()["data"] == []
    assert http.get(f"/v1/experiments?sweep={created['id']}", headers=key_of("bob")).json()["data"] == []


def test_two_keys_of_one_owner_share_what_is_theirs(http, key_of):
    # given
    submitted = http.post("/v1/experiments", json=SPEC, headers=key_of("laptop", owner="alice")).json()

    # when / then
    read = http.get(submitted["links"]["self"], headers=key_of("phone", "read", owner="alice"))
    assert read.json()["id"] == submitted["id"]


def test_an_idempotency_key_of_another_owner_neither_replays_nor_clashes(http, key_of):
    # given
    once = {"Idempotency-Key": "k"}

    # when
    first = http.post("/v1/experiments", json=SPEC, headers=key_of("alice") | once)
    second = http.post("/v1/experiments", json=SPEC | {"seed": 8}, headers=key_of("bob") | once)

    # then
    assert second.status_code == 202
    assert first.json()["id"] != second.json()["id"]
