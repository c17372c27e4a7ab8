"""What a worker's ticket does where the store does not answer."""

import time

import pytest

from satnet.errors import StoreUnavailable
from worker import drain, tasks


class Deaf:
    """A store whose first replies are lost."""

    def __init__(self, lost):
        self.lost, self.nonces = lost, []

    def claim_group(self, _queues, _worker, nonce, _most):
        self.nonces.append(nonce)
        if len(self.nonces) <= self.lost:
            raise StoreUnavailable("Redis cannot be reached")
        return []

    def close(self):
        pass


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))


def worked(store, settings, monkeypatch):
    monkeypatch.setattr(tasks, "Store", lambda _: store)
    return tasks.work(settings.model_copy(update={"trainer": "tests.faults.stub:train"}), "w", ["default"])


@pytest.mark.usefixtures("clock")
def test_a_claim_whose_reply_is_lost_is_asked_for_again_under_its_nonce(settings, monkeypatch):
    store = Deaf(lost=3)
    assert worked(store, settings, monkeypatch) == 0
    assert len(store.nonces) == 4
    assert len(set(store.nonces)) == 1


@pytest.mark.usefixtures("clock")
def test_it_is_not_asked_for_longer_than_the_store_knows_the_nonce(settings, monkeypatch):
    store = Deaf(lost=1000)
    with pytest.raises(StoreUnavailable):
        worked(store, settings, monkeypatch)
    assert 55 < len(store.nonces) < 65


@pytest.mark.usefixtures("clock")
def test_a_worker_that_drains_does_not_wait_for_it(settings, monkeypatch):
    # given a drain that is asked for once the claim is under way
    answers = iter([False, True])
    monkeypatch.setattr(drain, "requested", lambda: next(answers))

    # when / then
    with pytest.raises(StoreUnavailable):
        worked(Deaf(lost=1000), settings, monkeypatch)
