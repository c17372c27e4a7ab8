"""Uploaded datasets, for those who check specs and for those who train."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import TypeAdapter

from satnet.errors import Conflict, DataError, SatnetError
from satnet.service.artifacts import Artifacts
from satnet.settings import Settings
from satnet.spec.data_facts import DataFacts
from satnet.store import Store
from satnet.store.datasets import DatasetRecord

_FACTS: TypeAdapter[DataFacts] = TypeAdapter(DataFacts)


def facts_for(store: Store) -> Callable[[str], DataFacts | None]:
    """What finds the facts of a dataset by its id; None where there is no such dataset for the caller.

    It raises Conflict for a dataset that no worker has read yet.
    """

    def facts(dataset_id: str) -> DataFacts | None:
        record = store.dataset(dataset_id)
        if record is not None and record.status == "waiting":
            raise Conflict(f"{dataset_id} has not been read by a worker yet; try again once it is ready")
        return facts_of_record(record)

    return facts


def facts_of_record(record: DatasetRecord | None) -> DataFacts | None:
    """The facts of a dataset that is ready; None of any other."""
    return None if record is None or record.facts is None else _FACTS.validate_python(record.facts)


def local_folder(store: Store, settings: Settings, dataset_id: str) -> Path:
    """A folder on this machine with a dataset's canonical files and `facts.json`, each of them as it was stored.

    Where artifacts are elsewhere it is fetched into `data_dir/cache/datasets` once.

    Raises:
        DataError: there is no such dataset, or a file of it is not the one that was stored.
    """
    record = store.dataset(dataset_id)
    if record is None or record.status != "ready":
        raise DataError(f"there is no dataset {dataset_id}: it was deleted, or never read")
    artifacts = Artifacts(settings.artifacts)
    try:
        here = [artifacts.local(f"{record.folder}/{name}", about["sha256"]) for name, about in record.files.items()]
        if here and all(here):
            return Path(str(here[0])).parent
        return _fetched(artifacts, record, settings.data_dir / "cache" / "datasets" / Path(record.folder).name)
    except (SatnetError, OSError) as error:
        raise DataError(f"the files of {dataset_id} cannot be read: {error}") from error


def _fetched(artifacts: Artifacts, record: DatasetRecord, folder: Path) -> Path:
    """All files or none: a folder that is there is complete."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name, about in record.files.items():
            artifacts.fetch(f"{record.folder}/{name}", about["sha256"], whole / name)
        with contextlib.suppress(OSError):  # another process was first
            whole.rename(folder)
    finally:
        shutil.rmtree(whole, ignore_errors=True)
    return folder
