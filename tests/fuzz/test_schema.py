"""The service answers as its OpenAPI document says; `make schemathesis` asks it 10,000 times."""

import pytest

from tests.fuzz.schema import check, sent, service


@pytest.mark.service
def test_every_operation_answers_as_it_is_described(valkey_url, settings, tmp_path):  # noqa: ARG001 - an empty store
    # given
    with service(tmp_path, valkey_url) as (url, key):
        # when
        report = check(url, key, seconds=10, examples=3)

    # then
    assert sent(report) > 100
    assert "Traceback" not in (tmp_path / "api.log").read_text()


def test_sent_reads_the_count_of_a_report():
    # when / then
    assert sent("Test cases:\n  10,432 generated, 10,432 passed, 62 skipped\n") == 10432
    assert sent("nothing") == 0
