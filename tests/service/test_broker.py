"""Wake-up calls in a real broker."""

import pytest

from satnet.service import broker


@pytest.fixture
def app(settings, monkeypatch):
    app = broker.make_app(settings)
    monkeypatch.setattr(broker, "app", app)
    yield app
    app.close()


@pytest.mark.usefixtures("app")
def test_calls_that_nobody_took_are_counted():
    # given
    for _ in range(3):
        broker.send_ticket("default")

    # when / then
    assert broker.tickets_left("default") == 3
    assert broker.tickets_left("nobody_ever_asked") == 0
