"""What tests of routes need beside the store."""

import contextlib
import threading

import pytest

from satnet.store import Store


@pytest.fixture
def prediction_worker(settings, monkeypatch):
    """A worker's thread that answers predictions, ended with the test: later tests have another folder of models."""
    from worker import predict

    over, next_request = threading.Event(), Store.next_prediction_requests

    def next_until_over(store, most):
        if over.is_set():
            raise SystemExit
        return next_request(store, most)

    def serve():
        with contextlib.suppress(SystemExit):
            predict.serve(settings)

    monkeypatch.setattr(Store, "next_prediction_requests", next_until_over)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(10)
    assert not thread.is_alive()
