"""Waiting for a worker's predictions: as long as was promised, and no longer than somebody waits."""

import asyncio
import threading
import time

import pytest

from satnet.errors import BadRequest, WorkerUnavailable
from satnet.service import predictions
from satnet.service.predictions import predict
from satnet.store import Store
from tests.service.finished import finished

ROWS = [[0.5, 1.5]]


@pytest.fixture
def impatient(settings):
    """The API's store: its socket gives up after a second."""
    store = Store(settings, timeout=1.0)
    yield store
    store.close()


@pytest.fixture
def model(store, settings):
    store.worker_seen("w", {"queues": ["default"], "kind": "cpu"})
    return finished(store, settings)[0]


def test_a_worker_that_takes_longer_than_a_socket_waits_is_heard(impatient, store, model):
    # given
    def work():
        (request,) = store.next_prediction_requests(1)
        time.sleep(3.5)
        store.reply_prediction(request["id"], {"predictions": request["instances"]})

    thread = threading.Thread(target=work)
    thread.start()

    # when
    outputs = asyncio.run(predict(impatient, model, ROWS))

    # then
    thread.join()
    assert outputs == {"predictions": ROWS}


def test_no_answer_is_told_as_such_after_the_whole_wait(impatient, store, model, monkeypatch):
    # given
    monkeypatch.setattr(predictions, "PATIENCE", 3.0)
    began = time.monotonic()

    # when
    with pytest.raises(WorkerUnavailable, match="no worker answered within 3 s"):
        asyncio.run(predict(impatient, model, ROWS))

    # then
    assert 2.9 < time.monotonic() - began < 6
    assert store.next_prediction_requests(5) == []  # its time is over


def test_without_a_known_worker_nobody_waits(impatient, store, settings):
    # given
    experiment_id, _ = finished(store, settings)
    began = time.monotonic()

    # when / then
    with pytest.raises(WorkerUnavailable, match="no worker is running"):
        asyncio.run(predict(impatient, experiment_id, ROWS))
    assert time.monotonic() - began < 1


def test_a_cancelled_wait_withdraws_the_request(impatient, store, model):
    # given
    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(predict(impatient, model, ROWS), 0.5)

    # when
    asyncio.run(give_up())

    # then
    assert store.next_prediction_requests(5) == []


def test_more_requests_than_workers_can_answer_are_refused(impatient, store, model):
    # given
    while store.request_prediction(model, "", ROWS, 60):
        pass

    # when / then
    with pytest.raises(WorkerUnavailable, match="too many"):
        asyncio.run(predict(impatient, model, ROWS))


def test_too_many_rows_are_refused_with_the_number_that_came(impatient, model):
    # when / then
    with pytest.raises(BadRequest, match="at most 10000 rows in a request, got 10001"):
        asyncio.run(predict(impatient, model, [[0]] * 10_001))
