"""Large files: trained models, under a directory or any URL that fsspec knows."""

import hashlib
import logging
import os
import uuid
from pathlib import Path
from typing import Any

from satnet.errors import DamagedArtifact, NotFound
from satnet.records.schema import ModelFile

_log = logging.getLogger(__name__)


class Artifacts:
    """Named files under one URL; each is written whole or not at all."""

    def __init__(self, url: str) -> None:
        """`url`: a directory, or s3://..., gs://... with the fsspec package for it."""
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        self._local = LocalFileSystem
        self._files: Any
        self._files, self._root = fsspec.core.url_to_fs(url)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def put(self, name: str, source: Path) -> ModelFile:
        """Copy a local file in; its size and SHA-256. Raises OSError."""
        return self.write(name, source.read_bytes())

    def write(self, name: str, content: bytes) -> ModelFile:
        """Keep `content` under a name; its size and SHA-256. Raises OSError."""
        path = self._path(name)
        temporary = f"{path}.{uuid.uuid4().hex}"
        if isinstance(self._files, self._local):  # whole on the disk before it has its name, and its user's alone
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_durably(Path(temporary), Path(path), content)
        else:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(temporary, content)
            self._files.mv(temporary, path)
        return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def get(self, name: str) -> bytes:
        """A file's content. Raises NotFound."""
        try:
            content: bytes = self._files.cat_file(self._path(name))
        except FileNotFoundError as error:
            raise NotFound(f"there is no artifact {name}") from error
        return content

    def get_verified(self, name: str, sha256: str) -> bytes:
        """The content of a file that is still the one that was stored. Raises NotFound and DamagedArtifact."""
        content = self.get(name)
        if (found := hashlib.sha256(content).hexdigest()) != sha256:
            _log.error("%s is not what was stored: its SHA-256 is %s, stored was %s", name, found, sha256)
            raise DamagedArtifact(f"{name} has changed since it was stored: its SHA-256 does not match")
        return content

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        if self._files.exists(self._path(name)):
            self._files.rm_file(self._path(name))

    def delete_folder(self, name: str) -> None:
        """Remove a folder and all in it, if it is there."""
        if self._files.exists(self._path(name)):
            self._files.rm(self._path(name), recursive=True)


def _write_durably(temporary: Path, path: Path, content: bytes) -> None:
    """Write, fsync, rename, fsync the folder; the temporary file is removed where that fails."""
    try:
        with open(temporary, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def checkpoint_folder(experiment_id: str) -> str:
    """Where an experiment's checkpoints lie."""
    return f"checkpoints/{experiment_id}"


def forget(artifacts: Artifacts, experiment_id: str) -> None:
    """Remove all files of an experiment."""
    artifacts.delete(model_name(experiment_id))
    artifacts.delete_folder(checkpoint_folder(experiment_id))


def model_name(experiment_id: str) -> str:
    """Where an experiment's trained model lies."""
    return f"models/{experiment_id}.keras"
