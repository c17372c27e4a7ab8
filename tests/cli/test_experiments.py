"""Commands about one experiment's life, and how they end."""

import pytest
from typer.testing import CliRunner

from satnet.cli import app


def satnet(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_delete_says_what_it_did(canned):
    # given
    canned.answers["DELETE /v1/experiments/exp_1"] = (204, None)

    # when
    done = satnet("delete", "exp_1")

    # then
    assert (done.exit_code, done.stdout) == (0, "deleted\n")


@pytest.mark.parametrize(("status", "exit_code"), [(409, 2), (404, 2), (401, 4), (403, 4)])
def test_a_refusal_is_on_stderr_and_in_the_exit_status(canned, status, exit_code):
    # given
    canned.answers["DELETE /v1/experiments/exp_1"] = (status, {"detail": "exp_1 is running"})

    # when
    done = satnet("delete", "exp_1")

    # then
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert f"{status} exp_1 is running" in done.stderr


def test_list_sends_its_filters_and_asks_for_no_more_than_the_limit(canned):
    # given two that match
    documents = [
        {"id": f"exp_{one}", "status": "failed", "created_at": "2026-01-01T00:00:00.000Z", "name": None}
        for one in (1, 2)
    ]
    canned.answers["GET /v1/experiments"] = (200, {"data": documents, "has_more": True, "next": "c1"})

    # when
    done = satnet("list", "--status", "failed", "--label", "course:ldl", "--label", "week:2", "--limit", "2")

    # then
    assert canned.requests == [("GET", "/v1/experiments?limit=2&status=failed&label=course%3Aldl&label=week%3A2", None)]
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["exp_1", "failed"], ["exp_2", "failed"]]
