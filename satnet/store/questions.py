"""Questions that a worker answers besides training."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from satnet.store import keys
from satnet.store.connection import Connection, available, dumps


class Questions(Connection):
    """A list of questions, and a list a reply."""

    def ask(self, question: Mapping[str, Any], patience: float) -> dict[str, Any] | None:
        """Put a question to whichever worker is free first; its reply, or None after `patience` seconds."""
        name = secrets.token_hex(8)
        with available():
            until = self._now() + 1000 * patience
            self._redis.lpush(keys.QUESTIONS, dumps({**question, "id": name, "until": until}))
            while (left := until - self._now()) > 0:
                reply = self._redis.blpop([keys.answer(name)], timeout=min(2.0, max(0.1, left / 1000)))
                if reply is not None:
                    content: dict[str, Any] = json.loads(reply[1])
                    return content
        return None

    def next_question(self) -> dict[str, Any] | None:
        """The oldest question that somebody still waits for; None after a moment without one."""
        with available():
            found = self._redis.brpop([keys.QUESTIONS], timeout=2)
            if found is None:
                return None
            question: dict[str, Any] = json.loads(found[1])
            return question if question["until"] > self._now() else None

    def reply(self, name: str, content: Mapping[str, Any]) -> None:
        """Answer a question; forgotten after a minute if nobody waits any more."""
        with available():
            self._redis.lpush(keys.answer(name), dumps(content))
            self._redis.expire(keys.answer(name), 60)
