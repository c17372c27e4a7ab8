"""Experiments one by one and in pages; a page takes a few round trips, whatever its length."""

import builtins
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import cast

from satnet.errors import BadRequest, NotFound
from satnet.records.ids import EXPERIMENT_CURSOR
from satnet.records.schema import ExperimentDocument, ExperimentPage, ExperimentRow
from satnet.store import keys
from satnet.store.changes import DELETED, Change
from satnet.store.connection import available, dumps
from satnet.store.public_document import FIELDS, public_document
from satnet.store.row import ROW_FIELDS, brief_row
from satnet.store.waiting import Load, Waiting
from satnet.store.workers import Workers

_TOGETHER = 10  # whole documents that are read in one round trip
_MOST_BYTES = 2_000_000  # of a page with `fields`, as JSON
SAME_IN_ROWS = frozenset(ExperimentRow.__annotations__) - {"parent", "summary", "findings", "links"}
LISTED_FIELDS = frozenset(ExperimentDocument.__annotations__) | SAME_IN_ROWS
_STEP = 100  # experiments that are looked at together
Rows = list[tuple[float, str, dict[str, str]]]  # created, id, hash


class Listing(Workers):
    """Public documents, and the little that is asked of one experiment."""

    def get(self, experiment_id: str) -> ExperimentDocument:
        """The public document. Raises NotFound."""
        return self.get_versioned(experiment_id)[0]

    def get_versioned(self, experiment_id: str) -> tuple[ExperimentDocument, int]:
        """The public document and its version."""
        with available():
            stored = _read(self._redis.hmget(keys.experiment(experiment_id), FIELDS), FIELDS)
            if "status" not in stored or self._hidden(stored.get("owner")):
                raise NotFound(f"there is no experiment {experiment_id}")
            (document,) = self._documents([(0.0, experiment_id, stored)])
        return document, int(stored["version"])

    def version(self, experiment_id: str) -> int:
        """Rises with every change of the document. Raises NotFound."""
        with available():
            version, owner = self._redis.hmget(keys.experiment(experiment_id), "version", "owner")
        if version is None or self._hidden(owner):
            raise NotFound(f"there is no experiment {experiment_id}")
        return int(version)

    def state(self, experiment_id: str) -> Change:
        """Its version and status. Raises NotFound."""
        (state,) = self.states([experiment_id])
        if state.status == DELETED:
            raise NotFound(f"there is no experiment {experiment_id}")
        return state

    def states(self, experiment_ids: Sequence[str]) -> builtins.list[Change]:
        """Versions and statuses in one round trip; `deleted` of those that do not exist for the caller."""
        pipe = self._redis.pipeline(transaction=False)
        for experiment_id in experiment_ids:
            pipe.hmget(keys.experiment(experiment_id), "version", "status", "owner")
        with available():
            found = pipe.execute()
        return [
            Change(experiment_id, 0, DELETED)
            if status is None or self._hidden(owner)
            else Change(experiment_id, int(version), status)
            for experiment_id, (version, status, owner) in zip(experiment_ids, found, strict=True)
        ]

    def queue_of(self, experiment_id: str) -> str:
        """The queue in which it waits, or waited. Raises NotFound."""
        with available():
            queue = self._redis.hget(keys.experiment(experiment_id), "queue")
        if queue is None:
            raise NotFound(f"there is no experiment {experiment_id}")
        return str(queue)

    def list(
        self,
        *,
        status: str | None = None,
        labels: Mapping[str, str] | None = None,
        dataset: str | None = None,
        sweep: str | None = None,
        created_after: float | None = None,
        owner: str | None = None,
        order: str = "-created_at",
        limit: int = 20,
        after: str | None = None,
        fields: Collection[str] | None = None,
    ) -> ExperimentPage:
        """One page of rows, newest first unless `order` is created_at; the cursor is (created, id).

        With `fields`, these of the whole documents, and fewer than `limit` where they are large.
        """
        if owner is not None and self._hidden(owner):
            return {"data": [], "has_more": False, "next": None}
        owner = owner or self._only

        def wanted(stored: Mapping[str, str]) -> bool:
            if status and stored["status"] != status or owner and stored.get("owner") != owner:
                return False
            return _matches(stored, labels, dataset)

        name = keys.index(status) if status else keys.INDEX_ALL
        if sweep:
            name = keys.index_of_sweep(sweep)
        elif owner:
            name = keys.index_of_owner(owner)
        chosen = labels or dataset or (sweep or owner) and status or sweep and owner
        rows: Rows = []
        with available():
            size = _STEP if chosen else limit + 1
            walk = self._walk(name, parse_cursor(after, EXPERIMENT_CURSOR), order == "-created_at", created_after, size)
            while len(rows) <= limit and (step := _next(walk, size)):
                rows += [row for row in self._rows(name, step) if wanted(row[2])]
            shown = rows[:limit]
            waiting = self._waiting(shown)
            data = [brief_row(experiment_id, stored, waiting.get(experiment_id)) for _, experiment_id, stored in shown]
            if fields is not None:
                data = self._with_fields(data, {"id", *fields})
        more = len(rows) > len(data)
        return {"data": data, "has_more": more, "next": _encoded(rows[len(data) - 1]) if more else None}

    def _rows(self, name: str, step: Sequence[tuple[float, str]]) -> Rows:
        """What rows need of the hashes behind (created, id); an index forgets here what has expired."""
        read = self._hashes([experiment_id for _, experiment_id in step], ROW_FIELDS)
        if gone := [experiment_id for experiment_id, stored in read.items() if not stored]:
            self._redis.zrem(name, *gone)
        old = [one for one, stored in read.items() if stored and not (stored.get("progress") or stored.get("plan"))]
        for experiment_id, stored in self._hashes(old, ("spec",)).items():
            read[experiment_id] |= stored
        return [(score, experiment_id, read[experiment_id]) for score, experiment_id in step if read[experiment_id]]

    def _hashes(self, experiment_ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, str]]:
        """These fields of experiments, in one round trip; a field that is not set is left out."""
        pipe = self._redis.pipeline(transaction=False)
        for experiment_id in experiment_ids:
            pipe.hmget(keys.experiment(experiment_id), fields)
        return {
            experiment_id: _read(values, fields)
            for experiment_id, values in zip(experiment_ids, pipe.execute() if experiment_ids else (), strict=True)
        }

    def _with_fields(self, rows: Sequence[ExperimentRow], fields: Set[str]) -> builtins.list[ExperimentRow]:
        """These fields of the documents; as many as `_MOST_BYTES` hold, and one at least."""
        if fields <= SAME_IN_ROWS:
            return [_picked(one, fields) for one in rows]
        data: builtins.list[ExperimentRow] = []
        size = 0
        for start in range(0, len(rows), _TOGETHER):
            part = rows[start : start + _TOGETHER]
            hashes = self._hashes([one["id"] for one in part], FIELDS)
            documents = self._documents([(0.0, name, stored) for name, stored in hashes.items() if stored])
            whole = {document["id"]: document for document in documents}
            for one in part:
                picked = _picked({**one, **whole.get(one["id"], {})}, fields)
                size += len(dumps(picked))
                if data and size > _MOST_BYTES:
                    return data
                data.append(picked)
        return data

    def _documents(self, rows: Rows) -> builtins.list[ExperimentDocument]:
        """The documents of hashes, with the places of those that are queued."""
        waiting = self._waiting(rows)
        return [public_document(experiment_id, stored, waiting.get(experiment_id)) for _, experiment_id, stored in rows]

    def _waiting(self, rows: Rows) -> dict[str, Waiting]:
        """The places of those that are queued."""
        queued = [(experiment_id, stored["queue"]) for _, experiment_id, stored in rows if stored["status"] == "queued"]
        if not queued:
            return {}
        pipe = self._redis.pipeline(transaction=False)
        for experiment_id, queue in queued:
            pipe.zrank(keys.queue(queue), experiment_id)
        pipe.lrange(keys.DURATIONS, 0, -1)
        pipe.zrange(keys.WORKERS, 0, -1)
        *ranks, recent, names = pipe.execute()
        load = Load(self._workers(names), [float(one) for one in recent])
        return {
            experiment_id: load.waiting(queue, rank) for (experiment_id, queue), rank in zip(queued, ranks, strict=True)
        }

    def _walk(
        self, name: str, cursor: tuple[float, str] | None, descending: bool, created_after: float | None, size: int
    ) -> Iterator[tuple[float, str]]:
        """(created, id) from the cursor on, `size` at a time by score, never by offset from the start."""
        edge: float | str = cursor[0] if cursor else ("+inf" if descending else "-inf")
        least: float | str = "-inf" if created_after is None else f"({created_after}"
        seen: set[str] = set()
        while True:
            step = size + len(seen)
            if descending:
                page = self._redis.zrevrangebyscore(name, edge, least, start=0, num=step, withscores=True)
            else:
                low = edge if cursor or seen else least
                page = self._redis.zrangebyscore(name, low, "+inf", start=0, num=step, withscores=True)
            fresh = [(score, experiment_id) for experiment_id, score in page if experiment_id not in seen]
            for score, experiment_id in fresh:
                if cursor is None or (
                    (score, experiment_id) < cursor if descending else (score, experiment_id) > cursor
                ):
                    yield score, experiment_id
            if len(page) < step:
                return
            edge = page[-1][1]
            seen = {experiment_id for experiment_id, score in page if score == edge}


def _read(values: Sequence[str | None], fields: Sequence[str]) -> dict[str, str]:
    return {field: value for field, value in zip(fields, values, strict=True) if value is not None}


def _picked(content: Mapping[str, object], fields: Set[str]) -> ExperimentRow:
    return cast(ExperimentRow, {name: value for name, value in content.items() if name in fields})


def _next(walk: Iterator[tuple[float, str]], count: int) -> Sequence[tuple[float, str]]:
    return tuple(islice(walk, count))


def _matches(stored: Mapping[str, str], labels: Mapping[str, str] | None, dataset: str | None) -> bool:
    if dataset is not None and stored["dataset"] != dataset:
        return False
    if not labels:
        return True
    own = json.loads(stored["labels"])
    return all(own.get(key) == value for key, value in labels.items())


def parse_cursor(text: str | None, pattern: str) -> tuple[float, str] | None:
    """Where a page begins: score and id; None at the start. Raises BadRequest for what no list has given."""
    if text is None:
        return None
    if not re.fullmatch(pattern[1:-1], text):
        raise BadRequest(f"after: {text[:100]!r} is not a cursor from this list")
    score, _, name = text.partition("_")
    return float(score), name


def _encoded(row: tuple[float, str, Mapping[str, str]]) -> str:
    return f"{int(row[0])}_{row[1]}"
