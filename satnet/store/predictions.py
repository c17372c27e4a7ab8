"""Predictions: the API puts a request, a free worker answers it."""

import json
import secrets
from typing import NotRequired, TypedDict

from pydantic import JsonValue

from satnet.store import keys
from satnet.store.connection import Connection, available, dumps

_KEPT_S = 60  # seconds for which a reply waits to be read


class PredictionRequest(TypedDict):
    """The model of which experiment is to predict which rows, and until when somebody waits."""

    id: str
    until: float  # ms
    experiment: str
    sha256: str  # of the model's file
    instances: JsonValue


class PredictionReply(TypedDict):
    """The predictions, or why there are none."""

    predictions: NotRequired[list[JsonValue]]
    error: NotRequired[str]
    code: NotRequired[str]


class Predictions(Connection):
    """A list of requests, and one list a reply."""

    def request_prediction(
        self, experiment_id: str, sha256: str, instances: object, patience: float
    ) -> PredictionReply | None:
        """The reply of whichever worker is free first; None after `patience` seconds."""
        name = secrets.token_hex(8)
        with available():
            until = self.now() + 1000 * patience
            request = {
                "id": name,
                "until": until,
                "experiment": experiment_id,
                "sha256": sha256,
                "instances": instances,
            }
            self._redis.lpush(keys.PREDICTION_REQUESTS, dumps(request))
            while (left := until - self.now()) > 0:
                reply = self._redis.blpop([keys.prediction(name)], timeout=min(2.0, max(0.1, left / 1000)))
                if reply is not None:
                    content: PredictionReply = json.loads(reply[1])
                    return content
        return None

    def next_prediction_request(self) -> PredictionRequest | None:
        """The oldest request that somebody still waits for; None after a moment without one."""
        with available():
            popped = self._redis.brpop([keys.PREDICTION_REQUESTS], timeout=2)
            if popped is None:
                return None
            request: PredictionRequest = json.loads(popped[1])
            return request if request["until"] > self.now() else None

    def reply_prediction(self, name: str, content: PredictionReply) -> None:
        """Answer a request; dropped after a minute if nobody waits any more."""
        with available():
            self._redis.lpush(keys.prediction(name), dumps(content))
            self._redis.expire(keys.prediction(name), _KEPT_S)
