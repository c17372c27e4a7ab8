"""The connection that all parts of the store share."""

import contextlib
import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, Self

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from satnet.errors import FieldError, Gone, IdempotencyKeyReused, InvalidSpec, QuotaExceeded, StoreUnavailable
from satnet.records.json_safe import json_safe
from satnet.settings import Settings
from satnet.store import keys
from satnet.store.scripts import Scripts


@contextlib.contextmanager
def available() -> Iterator[None]:
    """Turn the errors of a Redis that is down, full or read-only into StoreUnavailable."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise StoreUnavailable("Redis cannot be reached") from error
    except (redis.OutOfMemoryError, redis.ReadOnlyError) as error:
        raise StoreUnavailable(f"Redis refuses: {error}") from error
    except redis.exceptions.NoScriptError as error:  # it restarted between two tries
        raise StoreUnavailable("Redis has just restarted") from error
    except redis.ResponseError as error:
        if any(word in str(error) for word in ("MISCONF", "LOADING", "BUSY")):
            raise StoreUnavailable(f"Redis refuses: {error}") from error
        raise


def ms(span: timedelta) -> int:
    """Milliseconds."""
    return int(span.total_seconds() * 1000)


def dumps(value: object) -> str:
    """JSON without blanks; null where JSON has no number."""
    return json.dumps(json_safe(value), separators=(",", ":"), allow_nan=False)


class Connection:
    """Redis with satnet's scripts."""

    def __init__(self, settings: Settings, timeout: float = 3.0) -> None:
        """`timeout`: seconds that a connection or a reply may take."""
        self._settings = settings
        self._redis: Any = redis.Redis.from_url(
            settings.redis_url,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=min(timeout, 2.0),
            health_check_interval=15,
            retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.2), 1 if timeout < 2 else 2),
        )
        self._run = Scripts(self._redis)
        self._owner = ""  # whom new experiments and sweeps belong to; empty: nobody in particular
        self._only: str | None = None  # whose experiments and sweeps exist for the caller; None: everybody's

    def acting_for(self, owner: str | None, *, everything: bool) -> Self:
        """The same store as one owner sees it: what is submitted belongs to `owner`, and nothing else is found.

        With `everything`, what belongs to others is found too. Raises ValueError where there is neither.
        """
        if not owner and not everything:
            raise ValueError("who sees only what is their own needs an owner")
        acting = copy.copy(self)
        acting._owner = owner or ""
        acting._only = None if everything else acting._owner
        return acting

    def _hidden(self, owner: str | None) -> bool:
        """Whether what belongs to `owner` does not exist for the caller."""
        return self._only is not None and (owner or "") != self._only

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _refuse_key(self, outcome: str, known: str) -> None:
        """Raise what a script's outcome says of an Idempotency-Key that came before, unless it is a replay."""
        if outcome == "reused":
            raise IdempotencyKeyReused(f"this key was used for {known} with another body")
        if outcome == "gone":
            raise Gone(f"this key was used for {known}, which was deleted or has expired: a new one needs another key")

    def _quota(self, kind: Literal["experiments", "sweeps"]) -> tuple[str, int, int]:
        """Whose quota it is, how many open ones this owner may have, and how many all owners together."""
        settings = self._settings
        if kind == "sweeps":
            return self._owner, settings.max_open_sweeps_per_owner, settings.max_open_sweeps
        return self._owner, settings.max_open_experiments_per_owner, settings.max_open_experiments

    def _refuse_more(self, outcome: str, kind: Literal["experiments", "sweeps"]) -> None:
        """Raise what a script's outcome says of room for another one."""
        if outcome == "full":
            raise StoreUnavailable("the store is at 80 % of its memory and accepts no new experiments")
        if outcome == "quota":
            _, own, every = self._quota(kind)
            raise QuotaExceeded(
                f"at most {own:,} {kind} of one owner, and {every:,} of all, may be queued and running "
                f"(SATNET_MAX_OPEN_{kind.upper()}_PER_OWNER, SATNET_MAX_OPEN_{kind.upper()}); wait until some are over"
            )

    def _refuse_lacking(self, outcome: str, dataset_id: str, pointer: str) -> None:
        """Raise what a script's outcome says of an uploaded dataset that is not there."""
        if outcome == "no_dataset":
            raise InvalidSpec([FieldError(pointer, f"there is no dataset {dataset_id}", "not_found", dataset_id)])

    def _own_key(self, idempotency_key: str | None) -> str:
        """An Idempotency-Key of this owner; another owner's is another key. Empty where there is none."""
        return keys.idempotency(idempotency_key, self._owner) if idempotency_key else ""

    def now(self) -> float:
        """The store's time in ms."""
        seconds, micro = self._redis.time()
        return float(seconds * 1000 + micro // 1000)

    @property
    def _retention(self) -> int:
        return ms(self._settings.retention)
