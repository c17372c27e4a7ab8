"""No body ends in a 5xx, an undocumented status, or an answer that is not JSON. `make fuzz` sends many more."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget

from api.tickets import _tickets
from tests.fuzz.bodies import CORPUS, bodies
from tests.fuzz.service import Service


@pytest.fixture
def service(settings, monkeypatch):
    monkeypatch.setattr(_tickets, "send", lambda _: None)
    service = Service(settings)
    yield service
    service.http.close()


@pytest.mark.parametrize("kind", sorted(CORPUS))
def test_no_body_fails_the_service(service, kind):
    @budget(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies(kind))
    def send(body):
        # when / then
        service.send(kind, body)

    send()
    assert service.sent >= 60
