"""Leases of a training process that does not come back."""

import threading
from datetime import timedelta

from tests.store.test_store import submit
from worker.lease import KILLED, Lease


def test_a_process_that_is_ended_for_one_gives_the_others_back_first(store, settings):
    # given two that train side by side, in a process that comes back to neither
    quick = settings.model_copy(
        update={"heartbeat": timedelta(seconds=0.05), "cancel_grace": timedelta(seconds=0.1)},
    )
    for _ in range(2):
        submit(store)
    one, other = (store.claim(["default"], "w", f"n{number}") for number in range(2))
    left = threading.Event()
    status = []

    def leave(code):
        status.append(code)
        left.set()

    # when one of them is cancelled
    with Lease(quick, one, [], leave), Lease(quick, other, [], leave):
        store.cancel(one.id)
        assert left.wait(5)

    # then
    assert set(status) == {KILLED}
    assert store.get(one.id)["status"] == "cancelled"
    told = store.get(other.id)
    assert (told["status"], told["attempts"][0]["ended"]) == ("queued", "released")
