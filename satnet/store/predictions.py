"""Predictions: the API puts a request, a free worker answers it."""

import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any, NotRequired, TypedDict, cast

import redis.asyncio
from pydantic import JsonValue

from satnet.store import keys
from satnet.store.connection import Connection, available, dumps

_KEPT_S = 60  # seconds for which a reply waits to be read
_BLOCK_S = 2.0  # longest single wait for a reply
_MARGIN_S = 1.0  # by which a socket waits longer than Redis does
_MOST_WAITING = 200  # requests; what waits longer than its sender is skipped by the worker that takes it


class PredictionRequest(TypedDict):
    """Which model is to predict which rows."""

    id: str
    experiment: str
    sha256: str  # of the model's file
    instances: JsonValue


class PredictionReply(TypedDict):
    """The predictions, or why there are none."""

    predictions: NotRequired[list[JsonValue]]
    classes: NotRequired[list[str]]  # their names, in the order of the outputs
    labels: NotRequired[list[str]]  # the class of each row
    error: NotRequired[str]
    code: NotRequired[str]
    errors: NotRequired[list[dict[str, Any]]]  # the refused places


class Predictions(Connection):
    """A list of requests; the rows of each, and its reply, have a key of their own."""

    def request_prediction(self, experiment_id: str, sha256: str, instances: object, patience: float) -> str | None:
        """The request's name, for `prediction_reply`; it lapses after `patience` seconds. None where too many wait."""
        name = secrets.token_hex(8)
        request = {"id": name, "experiment": experiment_id, "sha256": sha256}
        with available():
            if self._redis.llen(keys.PREDICTION_REQUESTS) >= _MOST_WAITING:
                return None
            with self._redis.pipeline() as pipe:
                pipe.set(keys.prediction_rows(name), dumps(instances), px=max(1, int(1000 * patience)))
                pipe.lpush(keys.PREDICTION_REQUESTS, dumps(request))
                pipe.expire(keys.PREDICTION_REQUESTS, _KEPT_S)
                pipe.execute()
        return name

    async def prediction_reply(self, name: str, patience: float) -> PredictionReply | None:
        """The reply of whichever worker is free first; None after `patience` seconds.

        Waits on a connection of its own, whose socket timeout is longer than the wait that it asks Redis for.
        """
        async with self._waiting_connection() as connection:
            left = patience
            while left > 0:
                block = min(_BLOCK_S, max(0.1, left))
                with available():
                    reply = await connection.blpop([keys.prediction(name)], timeout=block)
                if reply is not None:
                    content: PredictionReply = json.loads(reply[1])
                    return content
                left -= block
        return None

    @contextlib.asynccontextmanager
    async def _waiting_connection(self) -> AsyncIterator[Any]:
        client = redis.asyncio.Redis.from_url(
            self._settings.redis_url,
            decode_responses=True,
            single_connection_client=True,
            socket_timeout=_BLOCK_S + _MARGIN_S,
            socket_connect_timeout=_MARGIN_S,
        )
        try:
            yield client
        finally:
            await client.aclose()

    def forget_prediction(self, name: str) -> None:
        """Nobody waits for this reply any more: the worker that takes the request skips it."""
        with available():
            self._redis.delete(keys.prediction_rows(name), keys.prediction(name))

    def next_prediction_requests(self, most: int) -> list[PredictionRequest]:
        """The oldest requests, at most `most`, that somebody still waits for; empty after a moment without one."""
        with available():
            first = self._redis.brpop([keys.PREDICTION_REQUESTS], timeout=2)
            if first is None:
                return []
            more = self._redis.rpop(keys.PREDICTION_REQUESTS, most - 1) if most > 1 else None
            requests = [json.loads(text) for text in (first[1], *(more or ()))]
            rows = self._redis.mget([keys.prediction_rows(one["id"]) for one in requests])
        waiting = [(one, text) for one, text in zip(requests, rows, strict=True) if text is not None]
        return [cast(PredictionRequest, one | {"instances": json.loads(text)}) for one, text in waiting]

    def reply_prediction(self, name: str, content: PredictionReply) -> None:
        """Answer a request; dropped after a minute if nobody waits any more."""
        with available(), self._redis.pipeline() as pipe:
            pipe.delete(keys.prediction_rows(name))
            pipe.lpush(keys.prediction(name), dumps(content))
            pipe.expire(keys.prediction(name), _KEPT_S)
            pipe.execute()
