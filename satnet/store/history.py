"""What an experiment has measured and what has happened to it, read without changing it."""

import json
import re

import redis

from satnet.errors import BadRequest
from satnet.records.ids import EVENT_ID
from satnet.records.schema import EpochRecord, Event, UnitsAnswer
from satnet.records.timestamps import timestamp
from satnet.store import keys
from satnet.store.connection import available
from satnet.store.listing import Listing


class History(Listing):
    """Epochs, per-unit arrays and events."""

    def epochs(self, experiment_id: str, after_epoch: int | None = None, fold: int | None = None) -> list[EpochRecord]:
        """All measured epochs in order. Raises NotFound."""
        self.version(experiment_id)
        with available():
            records = [json.loads(text) for text in self._redis.hvals(keys.epochs(experiment_id))]
        kept = [
            record
            for record in records
            if (after_epoch is None or record["epoch"] > after_epoch) and (fold is None or record["fold"] == fold)
        ]
        return sorted(kept, key=lambda record: (record["fold"] or 0, record["epoch"]))

    def units(self, experiment_id: str, epoch: int | None = None, fold: int | None = None) -> UnitsAnswer | None:
        """Per-unit arrays of a measured epoch (default: the latest kept), by layer; None where none are kept."""
        self.version(experiment_id)
        with available():
            kept = [str(name).split(":") for name in self._redis.hkeys(keys.units(experiment_id))]
            wanted = "" if fold is None else str(fold)
            folds = {part for part, _ in kept}
            if fold is None and "" not in folds and folds:
                wanted = str(max(int(part) for part in folds))
            numbers = [int(number) for part, number in kept if part == wanted]
            chosen = epoch if epoch is not None else max(numbers, default=None)
            if chosen is None or chosen not in numbers:
                return None
            content = json.loads(self._redis.hget(keys.units(experiment_id), f"{wanted}:{chosen}"))
        return {"epoch": chosen, "fold": int(wanted) if wanted else None, "layers": content}

    def events(self, experiment_id: str, after: str = "0-0", limit: int = 1000) -> list[Event]:
        """Events after an event's id, oldest first. Raises NotFound, BadRequest."""
        self.version(experiment_id)
        _moment(after)
        with available():
            entries = self._redis.xrange(keys.events(experiment_id), min=f"({after}", count=limit)
        return [
            {
                "id": name,
                "type": fields["type"],
                "at": timestamp(float(fields["at"])),
                "data": json.loads(fields["data"]),
            }
            for name, fields in entries
        ]

    def trimmed(self, experiment_id: str, after: str) -> bool:
        """Whether events after an event's id are no longer kept; the oldest go first."""
        with available():
            try:
                about = self._redis.xinfo_stream(keys.events(experiment_id))
            except redis.ResponseError:  # there is no stream
                return False
        first = about["first-entry"]
        gone = about["entries-added"] > about["length"]  # its max-deleted-entry-id does not tell of trimmed ones
        return gone and (first is None or _moment(after) < _moment(first[0]))

    def latest_event(self, experiment_id: str) -> str:
        """The id of the newest event; 0-0 where there is none."""
        with available():
            newest = self._redis.xrevrange(keys.events(experiment_id), count=1)
        return str(newest[0][0]) if newest else "0-0"


def _moment(event: str) -> tuple[int, int]:
    if not re.fullmatch(EVENT_ID[1:-1], event):
        raise BadRequest(f"{event[:100]!r} is not an event id")
    milliseconds, _, number = event.partition("-")
    return int(milliseconds), int(number or 0)
