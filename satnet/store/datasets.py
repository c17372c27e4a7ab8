"""Uploaded datasets: what is known of each, which of them a worker is to read, and what uses them."""

import builtins
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, Literal, cast

from satnet.errors import Conflict, NotFound, QuotaExceeded, StoreUnavailable
from satnet.records.ids import DATASET_CURSOR
from satnet.records.schema import ModelFile
from satnet.store import keys
from satnet.store.connection import available, dumps, ms
from satnet.store.listing import Listing, parse_cursor

DatasetStatus = Literal["waiting", "ready", "refused"]
_BRIEF = (
    "owner", "created_at", "status", "name", "media_type", "bytes", "sha256", "options", "folder", "lost", "holder",
    "form", "rows", "width", "warned", "code", "error",
)  # fmt: skip
_WHOLE = (*_BRIEF, "facts", "files")
_REFUSED_KEPT = timedelta(days=1)
_BLOCK_S = 2  # seconds that a worker waits for a hint before it looks whether a lease has ended
_MOST_NAMED = 5  # experiments and sweeps that a refused deletion names


@dataclass(frozen=True)
class NewDataset:
    """An upload that is stored in the artifacts already."""

    id: str
    name: str | None  # that was asked for
    default_name: str  # where none was
    media_type: str
    options: Mapping[str, Any]  # of reading it
    file: ModelFile
    folder: str  # of its files among the artifacts


@dataclass(frozen=True)
class DatasetRecord:
    """One uploaded dataset; times in ms."""

    id: str
    owner: str | None
    name: str
    status: DatasetStatus
    created_at: float
    media_type: str
    options: Mapping[str, Any]
    bytes: int  # of the file that was uploaded
    sha256: str
    folder: str  # of its files among the artifacts
    form: str | None = None  # table or arrays, once it is read
    rows: int | None = None
    width: int | None = None  # columns of a table
    warnings: int = 0
    code: str | None = None  # why it was refused
    error: str | None = None
    facts: Mapping[str, Any] | None = None  # of `satnet.spec.data_facts`
    files: Mapping[str, ModelFile] = field(default_factory=dict)  # its canonical form, by name


@dataclass(frozen=True)
class DatasetTask:
    """A dataset that a worker is to read."""

    record: DatasetRecord
    token: str  # of whoever holds it


class Datasets(Listing):
    """A dataset's id says who owns it and what it holds, so that the same upload twice is one dataset."""

    def add_dataset(self, new: NewDataset) -> bool:
        """Store it for a worker to read; whether it was not there yet. Raises QuotaExceeded."""
        fields = {
            "name": new.name or new.default_name,
            "media_type": new.media_type,
            "options": dumps(new.options),
            "sha256": new.file["sha256"],
            "folder": new.folder,
        }
        flat = [part for pair in fields.items() for part in pair]
        most, size = self._settings.max_dataset_bytes_per_owner, new.file["bytes"]
        with available():
            outcome, used = self._run("dataset_add", new.id, self._owner, most, size, new.name or "", *flat)
        if outcome == "full":
            raise StoreUnavailable("the store is at 80 % of its memory and accepts no new datasets")
        if outcome == "quota":
            raise _beyond(used, size, most)
        return bool(outcome == "new")

    def require_dataset_room(self, size: int) -> None:
        """Raises QuotaExceeded where the owner has no room for so many bytes more."""
        most = self._settings.max_dataset_bytes_per_owner
        with available():
            used = int(self._redis.hget(keys.DATASET_BYTES, self._owner) or 0)
        if used + size > most:
            raise _beyond(used, size, most)

    def dataset(self, dataset_id: str) -> DatasetRecord | None:
        """What is known of a dataset, its facts and its files; None where there is none for the caller."""
        with available():
            values = self._redis.hmget(keys.dataset(dataset_id), _WHOLE)
        return self._record(dataset_id, dict(zip(_WHOLE, values, strict=True)))

    def require_known_dataset(self, dataset_id: str) -> DatasetRecord:
        """The same. Raises NotFound."""
        record = self.dataset(dataset_id)
        if record is None:
            raise NotFound(f"there is no dataset {dataset_id}")
        return record

    def dataset_part(self, dataset_id: str, part: Literal["profile", "sample"]) -> Any:
        """The profile or the first rows, as JSON. None where it has not been read."""
        with available():
            text = self._redis.hget(keys.dataset(dataset_id), part)
        return None if text is None else json.loads(text)

    def datasets(
        self, *, limit: int, after: str | None = None, owner: str | None = None
    ) -> tuple[builtins.list[DatasetRecord], str | None]:
        """A page, newest first, without facts and files; and the cursor to go on with, None at the end."""
        if owner is not None and self._hidden(owner):
            return [], None
        owner = owner if owner is not None else self._only
        index = keys.INDEX_DATASETS if owner is None else keys.index_of_owners_datasets(owner)
        with available():
            walk = self._walk(
                index, parse_cursor(after, DATASET_CURSOR), descending=True, created_after=None, size=limit + 1
            )
            found = list(islice(walk, limit + 1))
            pipe = self._redis.pipeline(transaction=False)
            for _, name in found:
                pipe.hmget(keys.dataset(name), _BRIEF)
            hashes = pipe.execute() if found else []
        more = len(found) > limit
        page = [
            record
            for (_, name), values in islice(zip(found, hashes, strict=True), limit)
            if (record := self._record(name, dict(zip(_BRIEF, values, strict=True))))
        ]
        return page, f"{int(found[limit - 1][0])}_{found[limit - 1][1]}" if more else None

    def take_dataset(self, token: str, lease: timedelta, patience: float = _BLOCK_S) -> DatasetTask | None:
        """The dataset that has waited longest to be read; None after `patience` seconds without one.

        It is this worker's until its lease ends; `renew_dataset` prolongs that. The same token again returns the same.
        """
        with available():
            if patience:
                self._redis.brpop([keys.DATASETS_WAKE], timeout=patience)
            taken = self._run("dataset_take", token, ms(lease), self._settings.max_losses, ms(_REFUSED_KEPT))
        record = self.dataset(taken) if taken else None
        return DatasetTask(record, token) if record else None

    def renew_dataset(self, task: DatasetTask, lease: timedelta) -> bool:
        """Hold it for another lease; False where it is not this worker's any more."""
        with available():
            return bool(self._run("dataset_renew", task.record.id, task.token, ms(lease)))

    def dataset_ready(
        self,
        task: DatasetTask,
        *,
        facts: Mapping[str, Any],
        profile: Mapping[str, Any],
        sample: object,
        files: Mapping[str, ModelFile],
    ) -> bool:
        """It was read; False where it is not this worker's any more: nothing was stored."""
        columns = facts.get("columns")
        fields = {
            "facts": dumps(facts),
            "profile": dumps(profile),
            "sample": dumps(sample),
            "files": dumps(files),
            "form": facts["form"],
            "rows": facts["rows"],
            "width": "" if columns is None else len(columns),
            "warned": len(profile.get("warnings", ())),
        }
        flat = [part for pair in fields.items() for part in pair]
        with available():
            return bool(self._run("dataset_settle", task.record.id, task.token, "ready", *flat))

    def dataset_refused(self, task: DatasetTask, code: str, sentence: str) -> bool:
        """It cannot be read: it is listed no more, and for a day tells why. False where it is not this worker's."""
        kept = ms(_REFUSED_KEPT)
        with available():
            return bool(self._run("dataset_settle", task.record.id, task.token, "refused", code, sentence, kept))

    def delete_dataset(self, dataset_id: str) -> str:
        """Forget it; the folder of its files. Raises NotFound, and Conflict while an experiment or a sweep uses it."""
        with available():
            outcome, *told = self._run("dataset_delete", dataset_id, _MOST_NAMED)
        if outcome == "missing":
            raise NotFound(f"there is no dataset {dataset_id}")
        if outcome == "used":
            raise Conflict(f"{dataset_id} is used by {', '.join(sorted(told))}; delete what uses it first")
        return str(told[0])

    def _record(self, dataset_id: str, stored: Mapping[str, str | None]) -> DatasetRecord | None:
        if stored["status"] is None or self._hidden(stored["owner"]):
            return None
        return DatasetRecord(
            id=dataset_id,
            owner=stored["owner"] or None,
            name=stored["name"] or "",
            status=cast(DatasetStatus, stored["status"]),
            created_at=float(stored["created_at"] or 0),
            media_type=stored["media_type"] or "",
            options=json.loads(stored["options"] or "{}"),
            bytes=int(stored["bytes"] or 0),
            sha256=stored["sha256"] or "",
            folder=stored["folder"] or "",
            form=stored["form"] or None,
            rows=_number(stored["rows"]),
            width=_number(stored["width"]),
            warnings=_number(stored["warned"]) or 0,
            code=stored["code"],
            error=stored["error"],
            facts=json.loads(facts) if (facts := stored.get("facts")) else None,
            files=json.loads(stored.get("files") or "{}"),
        )


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _beyond(used: int, size: int, most: int) -> QuotaExceeded:
    return QuotaExceeded(
        f"your datasets take {used:,} bytes and this one {size:,}; at most {most:,} in all are allowed "
        "(SATNET_MAX_DATASET_BYTES_PER_OWNER); delete some first"
    )
