"""Frames of an event stream."""

import asyncio

import pytest

from api.experiments import events
from api.waiting import Hub
from api.waiting.places import Places
from satnet import presets
from satnet.errors import StoreUnavailable
from satnet.service.intake import submit_posted
from satnet.store import Changes, Store


@pytest.fixture
def experiment_id(store, settings):
    return submit_posted(store, settings, presets.load("healthy-digits"), lambda _: None, None)


@pytest.fixture
def hub(store, settings):
    return Hub(store, Changes(settings), Places(10, 10))


def fields(frame: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in frame.decode().rstrip().split("\n"))


def read(hub, store, experiment_id, on_frame=lambda _: None) -> list[dict[str, str]]:
    """All events of a stream that runs to its end beside a hub that listens."""

    async def run() -> bytes:
        stream = b""
        async with hub.running():
            async for frame in events.frames(hub, store, experiment_id, "0-0"):
                stream += frame
                on_frame(frame)
        return stream

    frames = asyncio.run(run()).split(b"\n\n")
    assert frames.pop() == b""
    return [{"comment": frame.decode()} if frame.startswith(b":") else fields(frame) for frame in frames]


def test_a_quiet_stream_is_kept_alive_and_ends_with_the_experiment(hub, store, experiment_id, monkeypatch):
    # given
    monkeypatch.setattr(events, "_PING", 0.05)

    def cancel(frame):
        if frame == events.KEEPALIVE_COMMENT:
            store.cancel(experiment_id)

    # when
    start, queued, ping, *more = read(hub, store, experiment_id, cancel)

    # then
    assert start == {"retry": "3000"}
    assert queued["event"] == "status"
    assert ping == {"comment": ": ping"}
    cancelled, end = [frame for frame in more if frame != ping]
    assert '"cancelled"' in cancelled["data"]
    assert end == {"event": "end", "data": "{}"}


def test_a_stream_outlasts_a_store_that_is_away(hub, store, experiment_id, monkeypatch):
    # given a store that is away once, after the first look
    monkeypatch.setattr(events, "_AWAY", 0.02)
    store.cancel(experiment_id)
    real, calls = Store.events, []

    def away_once(self, *arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreUnavailable("Redis cannot be reached")
        return real(self, *arguments)

    monkeypatch.setattr(Store, "events", away_once)

    # when
    found = read(hub, store, experiment_id)

    # then
    assert [one.get("event") for one in found] == [None, "status", "status", "end"]
    assert len(calls) > 1


def test_the_stream_of_a_deleted_experiment_ends(hub, store, experiment_id):
    # given
    store.cancel(experiment_id)
    store.delete(experiment_id)

    # when / then
    assert read(hub, store, experiment_id)[-1] == {"event": "end", "data": "{}"}


def test_a_stream_that_reads_in_batches_gives_every_event_once(hub, store, experiment_id, monkeypatch):
    # given more events than are read together
    monkeypatch.setattr(events, "_BATCH", 2)
    for _ in range(3):
        store.pause(experiment_id)
        store.resume(experiment_id)
    store.cancel(experiment_id)

    # when
    found = read(hub, store, experiment_id)

    # then
    kept = [one["id"] for one in store.events(experiment_id)]
    assert len(kept) == 8
    assert [one["id"] for one in found if one.get("event") == "status"] == kept


def test_a_stream_tells_that_the_process_stops(hub, store, experiment_id):
    # when
    found = read(hub, store, experiment_id, lambda frame: hub.close() if b"status" in frame else None)

    # then
    assert [one.get("event") for one in found] == [None, "status", "shutdown"]


def test_streams_of_one_experiment_share_what_they_read(hub, store, experiment_id, monkeypatch):
    # given
    real, calls = Store.events, []
    monkeypatch.setattr(Store, "events", lambda self, *arguments: calls.append(arguments) or real(self, *arguments))

    async def stream():
        return b"".join([frame async for frame in events.frames(hub, store, experiment_id, "0-0")])

    async def run():
        async with hub.running():
            streams = [asyncio.create_task(stream()) for _ in range(50)]
            await asyncio.sleep(0.5)
            opened = len(calls)
            store.cancel(experiment_id)
            return opened, await asyncio.gather(*streams)

    # when
    opened, contents = asyncio.run(run())

    # then
    assert len(set(contents)) == 1
    assert contents[0].count(b"event: status") == 2
    assert len(calls) - opened <= 2
    assert opened <= 2
