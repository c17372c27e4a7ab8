"""`satnet keys` against a service with canned answers, and in a store."""

import json

import pytest
from typer.testing import CliRunner

from satnet.cli import app
from satnet.settings import get_settings

KEY = {
    "id": "key_1",
    "object": "key",
    "name": "ci",
    "owner": "alice",
    "scopes": ["submit"],
    "created_at": "2026-01-01T00:00:00.000Z",
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
}


def run(*arguments):
    return CliRunner().invoke(app, ["keys", *arguments])


@pytest.fixture
def in_store(settings, monkeypatch):
    """Commands with --local reach the test's store."""
    monkeypatch.setenv("SATNET_REDIS_URL", settings.redis_url)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_create_prints_the_key_alone_on_stdout(canned):
    # given
    canned.answers["POST /v1/keys"] = (201, KEY | {"key": "sat_1_secret"})

    # when
    result = run("create", "ci", "--scope", "submit", "--owner", "alice", "--days", "1")

    # then
    assert result.stdout == "sat_1_secret\n"
    assert "owner alice" in result.stderr
    body = canned.requests[0][2]
    assert body | {"expires_at": None} == {"name": "ci", "scopes": ["submit"], "owner": "alice", "expires_at": None}
    assert body["expires_at"] is not None


def test_list_and_revoke_go_to_the_service(canned):
    # given
    canned.answers["GET /v1/keys"] = (200, {"data": [KEY, KEY | {"revoked_at": "2026-01-02T00:00:00.000Z"}]})
    canned.answers["DELETE /v1/keys/key_1"] = (204, None)

    # when
    listed, rows, revoked = run("list"), run("list", "-o", "json"), run("revoke", "key_1")

    # then
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["key_1", "key_1"]
    assert "revoked 2026-01-02" in listed.stdout
    assert json.loads(rows.stdout)[0] == KEY
    assert revoked.exit_code == 0


@pytest.mark.parametrize(("status", "code"), [(401, "unauthenticated"), (403, "forbidden")])
def test_what_is_not_allowed_ends_with_4(canned, status, code):
    # given
    canned.answers["GET /v1/keys"] = (status, {"code": code, "detail": "no"})

    # when / then
    assert run("list").exit_code == 4


@pytest.mark.usefixtures("in_store")
def test_the_first_key_is_made_in_the_store_itself(store):
    # when
    refused = run("create", "ci", "--local")
    created = run("create", "operator", "--scope", "admin", "--local", "-o", "json")
    listed = run("list", "--local")
    revoked = run("revoke", json.loads(created.stdout)["id"], "--local")

    # then
    assert (refused.exit_code, created.exit_code, revoked.exit_code) == (2, 0, 0)
    assert "#/scopes" in refused.stderr
    assert "operator" in listed.stdout
    assert store.api_keys()[0].revoked_at is not None


def test_without_a_store_local_says_that_none_is_reached(monkeypatch):
    # given
    monkeypatch.setenv("SATNET_REDIS_URL", "redis://127.0.0.1:1/0")
    get_settings.cache_clear()

    # when
    result = run("list", "--local")

    # then
    get_settings.cache_clear()
    assert result.exit_code == 5
    assert "cannot be reached" in result.stderr
