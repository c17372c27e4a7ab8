"""What the store tells of changes, as they happen: one subscription, for whoever waits for experiments."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import redis.asyncio

from satnet.records.status import TERMINAL
from satnet.settings import Settings
from satnet.store import keys

DELETED = "deleted"
_QUIET = 5.0  # seconds without a message, after which the connection is tried
_AGAIN = 1.0  # seconds between two tries to subscribe
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """An experiment's version and status; the status is `deleted` where there is no such experiment any more."""

    experiment_id: str
    version: int
    status: str

    @property
    def over(self) -> bool:
        """Whether nothing more will happen, unless a user resumes it."""
        return self.status in TERMINAL or self.status == DELETED


class Changes:
    """A subscription to every experiment's changes."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.redis_url

    async def listen(self) -> AsyncIterator[Change | None]:
        """Changes as they happen, for ever; None after each time of not listening, in which some may be missed."""
        told = False
        while True:
            client = redis.asyncio.Redis.from_url(self._url, decode_responses=True, socket_connect_timeout=2)
            try:
                async with client, client.pubsub() as subscription:
                    await subscription.subscribe(keys.CHANGED)
                    async for change in _messages(subscription):
                        told = False
                        yield change
            except (redis.RedisError, OSError) as error:
                if not told:
                    _log.warning("changes are not heard: %s", error)
                told = True
            await asyncio.sleep(_AGAIN)


async def _messages(subscription: Any) -> AsyncIterator[Change | None]:
    """Raises TimeoutError where the other side no longer answers."""
    asked = False
    while True:
        message = await subscription.get_message(timeout=_QUIET)
        if message is None:
            if asked:
                raise redis.TimeoutError("no answer to PING")
            await subscription.ping()
        asked = message is None
        if message is not None and message["type"] == "subscribe":
            yield None
        elif message is not None and message["type"] == "message":
            experiment_id, version, status = message["data"].split(" ")
            yield Change(experiment_id, int(version), status)
