"""Frames of an event stream."""

import asyncio

import pytest

from api.experiments import events
from satnet import presets
from satnet.errors import StoreUnavailable
from satnet.service.intake import submit_posted
from satnet.store import Store


@pytest.fixture
def experiment_id(store, settings):
    return submit_posted(store, settings, presets.load("healthy-digits"), lambda _: None, None)


def fields(frame: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in frame.decode().rstrip().split("\n"))


def test_a_quiet_stream_is_kept_alive_and_ends_with_the_experiment(store, experiment_id, monkeypatch):
    # given
    monkeypatch.setattr(events, "_PING", 0.05)
    monkeypatch.setattr(events, "_POLL", 0.02)

    async def read() -> list[bytes]:
        frames = []
        async for frame in events._frames(store, experiment_id, "0-0"):
            frames.append(frame)
            if frame == events.KEEPALIVE_COMMENT and len(frames) == 3:
                store.cancel(experiment_id)
        return frames

    # when
    frames = asyncio.run(read())

    # then
    assert frames[0] == b"retry: 3000\n\n"
    assert fields(frames[1])["event"] == "status"
    assert frames[2] == b": ping\n\n"
    cancelled, end = [frame for frame in frames[3:] if frame != events.KEEPALIVE_COMMENT]
    assert '"cancelled"' in fields(cancelled)["data"]
    assert fields(end) == {"event": "end", "data": "{}"}


def test_a_stream_outlasts_a_store_that_is_away(store, experiment_id, monkeypatch):
    # given a store that is away once, after the first look
    monkeypatch.setattr(events, "_POLL", 0.02)
    store.cancel(experiment_id)
    real, calls = Store.events, []

    def away_once(self, *arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreUnavailable("Redis cannot be reached")
        return real(self, *arguments)

    monkeypatch.setattr(Store, "events", away_once)

    async def read() -> list[bytes]:
        return [frame async for frame in events._frames(store, experiment_id, "0-0")]

    # when
    frames = asyncio.run(read())

    # then
    assert [fields(frame).get("event") for frame in frames] == [None, "status", "status", "end"]
    assert len(calls) > 1


def test_the_stream_of_a_deleted_experiment_ends(store, experiment_id):
    # given
    store.cancel(experiment_id)
    store.delete(experiment_id)

    # when
    async def read() -> list[bytes]:
        return [frame async for frame in events._frames(store, experiment_id, "0-0")]

    # then
    assert fields(asyncio.run(read())[-1]) == {"event": "end", "data": "{}"}
