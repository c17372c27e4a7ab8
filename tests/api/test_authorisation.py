"""Every route for everybody: what each key may do where keys are needed, and that all may where none is."""

from typing import NamedTuple

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from api.access import OWNED
from api.main import create_app
from satnet.records.ids import new_id
from satnet.records.posted_key import NewKey
from satnet.service.api_keys import create_key
from satnet.store import Store
from satnet.sweeps.parse import parse_sweep
from tests.store.test_store import submit
from tests.sweeps.bodies import grid

# Who may use a route: everybody, also strangers; or the holders of a key with this scope.
EVERYBODY, READ, SUBMIT, ADMIN = "everybody", "read", "submit", "admin"
ROUTES = {
    "GET /": EVERYBODY,
    "GET /docs": EVERYBODY,
    "GET /docs/start.js": EVERYBODY,
    "GET /docs/style.css": EVERYBODY,
    "GET /openapi.json": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /version": EVERYBODY,
    "GET /v1/experiments": READ,
    "POST /v1/experiments": SUBMIT,
    "GET /v1/experiments/{experiment_id}": READ,
    "PATCH /v1/experiments/{experiment_id}": SUBMIT,
    "DELETE /v1/experiments/{experiment_id}": SUBMIT,
    "POST /v1/experiments/{experiment_id}/cancel": SUBMIT,
    "POST /v1/experiments/{experiment_id}/pause": SUBMIT,
    "POST /v1/experiments/{experiment_id}/resume": SUBMIT,
    "POST /v1/experiments/{experiment_id}/retry": SUBMIT,
    "POST /v1/experiments/{experiment_id}/clone": SUBMIT,
    "GET /v1/experiments/{experiment_id}/epochs": READ,
    "POST /v1/experiments/{experiment_id}/epochs": SUBMIT,
    "GET /v1/experiments/{experiment_id}/units": READ,
    "GET /v1/experiments/{experiment_id}/events": READ,
    "GET /v1/experiments/{experiment_id}/findings": READ,
    "POST /v1/experiments/{experiment_id}/findings/{finding}/remedy": SUBMIT,
    "GET /v1/experiments/{experiment_id}/script": READ,
    "GET /v1/experiments/{experiment_id}/model": READ,
    "POST /v1/experiments/{experiment_id}/predict": SUBMIT,
    "GET /v1/compare": READ,
    "GET /v1/sweeps": READ,
    "POST /v1/sweeps": SUBMIT,
    "GET /v1/sweeps/{sweep_id}": READ,
    "GET /v1/sweeps/{sweep_id}/trials": READ,
    "GET /v1/sweeps/{sweep_id}/best": READ,
    "GET /v1/sweeps/{sweep_id}/importance": READ,
    "POST /v1/sweeps/{sweep_id}/cancel": SUBMIT,
    "POST /v1/sweeps/{sweep_id}/pause": SUBMIT,
    "POST /v1/sweeps/{sweep_id}/resume": SUBMIT,
    "POST /v1/sweeps/{sweep_id}/rerun-failed": SUBMIT,
    "GET /v1/datasets": READ,
    "GET /v1/presets": READ,
    "GET /v1/presets/{name}": READ,
    "GET /v1/schema/{kind}": READ,
    "GET /v1/queue": READ,
    "GET /v1/workers": READ,
    "GET /v1/keys": ADMIN,
    "POST /v1/keys": ADMIN,
    "DELETE /v1/keys/{key_id}": ADMIN,
}
NOT_OWNED = {"name", "kind", "finding", "key_id"}  # path parameters of what has no owner, or stands behind one that has
STRANGERS = ("no key", "wrong", "revoked", "expired")
CALLERS = {  # whether they may use a route that asks for each scope
    **dict.fromkeys(STRANGERS, frozenset()),
    "read": {READ},
    "submit": {READ, SUBMIT},
    "other owner": {READ, SUBMIT},
    "admin": {READ, SUBMIT, ADMIN},
}
OPEN = {"auth": "auto", "host": "127.0.0.1", "allowed_hosts": ()}
EXPOSED = {  # each asks for a key though there is none
    "listens beyond loopback": OPEN | {"host": "0.0.0.0"},
    "has a name for others": OPEN | {"allowed_hosts": ("satnet.example.org",)},
    "keys are required": OPEN | {"auth": "required"},
}


class Place(NamedTuple):
    """An application with a store."""

    http: TestClient
    store: Store


@pytest.fixture
def place(settings):
    def at(**changes):
        changed = settings.model_copy(update=changes)
        store = Store(changed)
        stores.append(store)
        app = create_app(changed)
        return Place(TestClient(app, "http://localhost", raise_server_exceptions=False, follow_redirects=False), store)

    stores = []
    yield at
    for store in stores:
        store.close()


def route_names(routes):
    """METHOD PATH of every route but files of /docs; HEAD goes where GET goes."""
    for route in routes:
        if isinstance(route, Route):
            yield from (f"{method} {route.path}" for method in route.methods - {"HEAD"})
        elif hasattr(route, "original_router"):  # FastAPI's for a router that was included
            yield from route_names(route.original_router.routes)
        else:
            assert isinstance(route, Mount), route
            assert route.path.startswith("/docs"), route.path


def keys(store):
    """Caller -> headers."""

    def header(name, *scopes):
        created = create_key(store, NewKey(name=name, scopes=list(scopes)))
        return created["id"], {"Authorization": f"Bearer {created['key']}"}

    _, admin = header("operator", "admin")
    revoked, revoked_header = header("alice", "admin")
    store.revoke_api_key(revoked)
    expired, expired_header = header("alice", "admin")
    store._redis.hset(f"sn:key:{expired}", "expires_at", store.now() - 1)
    _, wrong = header("alice", "admin")
    return {
        "no key": {},
        "wrong": {"Authorization": wrong["Authorization"][:-1] + ("A" if wrong["Authorization"][-1] != "A" else "B")},
        "revoked": revoked_header,
        "expired": expired_header,
        "read": header("reader", "read")[1],
        "submit": header("alice", "submit")[1],
        "other owner": header("bob", "submit")[1],
        "admin": admin,
    }


def ask(place, name, headers, owner):
    """The answer of a route, about something new that belongs to `owner`."""
    method, path = name.split(" ")
    acting = place.store.acting_for(owner, everything=True)
    values = {"name": "digits-best", "kind": "sweep", "finding": "none", "key_id": "key_none"}
    if "{experiment_id}" in path:
        values["experiment_id"] = submit(acting)[0]
    if "{sweep_id}" in path:
        values["sweep_id"] = acting.create_sweep(new_id("swp_"), parse_sweep(grid()).to_json(), None, "")[0]
    return place.http.request(method, path.format(**values), headers=headers, json={} if method != "GET" else None)


def verdict(answer):
    """What the doors said, whatever the route said then."""
    assert answer.status_code < 500, answer.text
    if answer.status_code in (401, 403, 404):
        problem = answer.json()
        if problem["code"] in ("unauthenticated", "forbidden"):
            return answer.status_code
        if problem["detail"].startswith(("there is no experiment ", "there is no sweep ")):
            return 404
    return "allowed"


def expected(name, caller):
    scope = ROUTES[name]
    if scope == EVERYBODY:
        return "allowed"
    if caller in STRANGERS:
        return 401
    if scope not in CALLERS[caller]:
        return 403
    return (
        404 if caller in ("other owner", "read") and ("{experiment_id}" in name or "{sweep_id}" in name) else "allowed"
    )


def test_every_route_stands_in_the_table_and_none_else():
    # when / then
    assert set(route_names(create_app().routes)) == set(ROUTES)


def test_a_new_route_is_noticed():
    # given
    app, router = create_app(), APIRouter(prefix="/v1")
    router.get("/news")(lambda: None)

    # when
    app.include_router(router)

    # then
    assert set(route_names(app.routes)) - set(ROUTES) == {"GET /v1/news"}


def test_every_id_in_a_path_is_known_to_have_an_owner_or_none():
    # when
    named = {part[1:-1] for name in ROUTES for part in name.split("/") if part.startswith("{")}

    # then
    assert named == NOT_OWNED | set(OWNED)


@pytest.mark.parametrize("caller", CALLERS)
def test_where_keys_are_needed_each_may_what_its_key_says(place, caller):
    # given
    there = place(**OPEN)
    headers = keys(there.store)[caller]

    # when
    answers = {name: verdict(ask(there, name, headers, "alice")) for name in ROUTES}

    # then
    assert answers == {name: expected(name, caller) for name in ROUTES}


def test_a_reader_reads_what_belongs_to_its_own_owner(place):
    # given
    there = place(**OPEN)
    headers = keys(there.store)["read"]

    # when
    answers = {name: verdict(ask(there, name, headers, "reader")) for name, scope in ROUTES.items() if scope == READ}

    # then
    assert set(answers.values()) == {"allowed"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sat_unknown"}], ids=["no key", "wrong"])
def test_on_loopback_without_keys_everybody_may_everything(place, headers):
    # given
    there = place(**OPEN)

    # when
    answers = {name: verdict(ask(there, name, headers, None)) for name in ROUTES}

    # then
    assert set(answers.values()) == {"allowed"}


@pytest.mark.parametrize("changes", EXPOSED.values(), ids=EXPOSED)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sat_unknown"}], ids=["no key", "wrong"])
def test_beyond_loopback_nobody_may_anything_before_there_is_a_key(place, changes, headers):
    # given
    there = place(**changes)

    # when
    answers = {name: verdict(ask(there, name, headers, None)) for name in ROUTES}

    # then
    assert answers == {name: "allowed" if scope == EVERYBODY else 401 for name, scope in ROUTES.items()}


@pytest.mark.parametrize("end", ["server", "client"])
def test_a_connection_from_elsewhere_needs_a_key_whatever_is_set(settings, end):
    # given
    app = create_app(settings.model_copy(update=OPEN))

    async def from_elsewhere(scope, receive, send):
        await app(scope | {end: ("192.0.2.7", 8000)} if scope["type"] == "http" else scope, receive, send)

    # when / then
    assert TestClient(from_elsewhere, "http://localhost").get("/v1/queue").status_code == 401


@pytest.mark.parametrize(
    "text", ["", "Bearer", "Bearer ", "Basic {}", "Bearer {} x", "Bearer sat_", "Bearer sat__", "bearer  sat_é_x", "{}"]
)
def test_a_header_that_is_no_key_is_refused(place, text):
    # given
    there = place(**OPEN)
    key = keys(there.store)["admin"]["Authorization"].removeprefix("Bearer ")

    # when
    answer = there.http.get("/v1/queue", headers={"Authorization": text.format(key).encode()})

    # then
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert key not in answer.text


def test_streams_and_models_ask_for_the_key_too(place):
    # given
    there = place(**OPEN)
    callers = keys(there.store)
    experiment, _ = submit(there.store.acting_for("alice", everything=True))

    # when
    stream = {"Accept": "text/event-stream"}
    statuses = [
        there.http.get(f"/v1/experiments/{experiment}/{part}", headers=stream | callers[caller]).status_code
        for part in ("events", "model")
        for caller in ("no key", "other owner")
    ]

    # then
    assert statuses == [401, 404, 401, 404]


def test_the_document_says_of_every_route_whether_it_needs_a_key():
    # when
    document = create_app().openapi()

    # then
    for path, item in document["paths"].items():
        for method, operation in item.items():
            open_to_all = ROUTES[f"{method.upper()} {path}"] == EVERYBODY
            assert ("security" in operation) != open_to_all, path
            assert ("401" in operation["responses"]) != open_to_all, path
            assert "403" in operation["responses"] or open_to_all, path
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
