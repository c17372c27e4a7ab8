"""Work for a client that has left ends."""

import asyncio

import pytest
from fastapi import Request

from api.client_gone import ClientGone, unless_gone


def request(*messages):
    """A request that receives these and then nothing more."""
    waiting = list(messages)

    async def receive():
        if waiting:
            return waiting.pop(0)
        return await asyncio.Event().wait()

    return Request({"type": "http", "headers": []}, receive)


def test_work_is_cancelled_when_the_client_leaves():
    # given
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    # when
    async def run():
        with pytest.raises(ClientGone):
            await unless_gone(request({"type": "http.request"}, {"type": "http.disconnect"}), work())

    asyncio.run(asyncio.wait_for(run(), 5))

    # then
    assert ended == [True]


@pytest.mark.parametrize("error", [None, ValueError("no")])
def test_work_that_is_done_first_is_answered(error):
    # given
    async def work():
        await asyncio.sleep(0)
        if error:
            raise error
        return 5

    # when
    async def run():
        return await unless_gone(request(), work())

    # then
    if error:
        with pytest.raises(ValueError, match="no"):
            asyncio.run(run())
    else:
        assert asyncio.run(run()) == 5
