"""Large files: trained models, under a directory or any URL that fsspec knows."""

import contextlib
import hashlib
import io
import logging
import os
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from satnet.errors import DamagedArtifact, NotFound
from satnet.records.schema import ModelFile

_log = logging.getLogger(__name__)
_CHUNK = 1 << 18  # bytes that are read and written at a time


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
        """Copy a local file in, a chunk at a time; its size and SHA-256. Raises OSError."""
        with source.open("rb") as file:
            return self._write(name, file)

    def write(self, name: str, content: bytes) -> ModelFile:
        """Keep `content` under a name; its size and SHA-256. Raises OSError."""
        return self._write(name, io.BytesIO(content))

    def _write(self, name: str, content: BinaryIO) -> ModelFile:
        path = self._path(name)
        temporary = f"{path}.{uuid.uuid4().hex}"
        if isinstance(self._files, self._local):  # whole on the disk before it has its name, and its user's alone
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _write_durably(Path(temporary), Path(path), content)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self._files.open(temporary, "wb") as target:
            about = _copy(content, target)
        self._files.mv(temporary, path)
        return about

    def get(self, name: str) -> bytes:
        """A file's content. Raises NotFound."""
        with self._reading(name):
            content: bytes = self._files.cat_file(self._path(name))
        return content

    def fetch(self, name: str, sha256: str, target: Path) -> None:
        """Copy out a file that is still the one that was stored. Raises NotFound and DamagedArtifact."""
        with target.open("wb") as file:
            for chunk in self.chunks(name, sha256):
                file.write(chunk)

    def local(self, name: str, sha256: str) -> Path | None:
        """Where a file lies on this machine; None where artifacts are elsewhere. Raises NotFound and DamagedArtifact.

        It is hashed once, and again after any change.
        """
        if not isinstance(self._files, self._local):
            return None
        path = Path(self._path(name))
        with self._reading(name):
            about = path.stat()
            found = _digest(path, (about.st_ino, about.st_size, about.st_ctime_ns))
        _compare(name, found, sha256)
        return path

    def chunks(self, name: str, sha256: str) -> Iterator[bytes]:
        """A file's content in pieces; the last only once all of it is what was stored.

        Raises:
            NotFound: before the first piece.
            DamagedArtifact: in place of the last.
        """
        digest, held = hashlib.sha256(), b""
        with self._reading(name), self._files.open(self._path(name), "rb") as file:
            while chunk := file.read(_CHUNK):
                if held:
                    yield held
                digest.update(chunk)
                held = chunk
        _compare(name, digest.hexdigest(), sha256)
        yield held

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(f"there is no artifact {name}") from error

    def nbytes(self) -> int | None:
        """Bytes of all files; None where they are elsewhere, and counting them would take long."""
        if not isinstance(self._files, self._local):
            return None
        return int(self._files.du(self._root)) if self._files.exists(self._root) else 0

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        if self._files.exists(self._path(name)):
            self._files.rm_file(self._path(name))

    def delete_folder(self, name: str) -> None:
        """Remove a folder and all in it, if it is there."""
        if self._files.exists(self._path(name)):
            self._files.rm(self._path(name), recursive=True)


def _compare(name: str, found: str, sha256: str) -> None:
    if found != sha256:
        _log.error("%s is not what was stored: its SHA-256 is %s, stored was %s", name, found, sha256)
        raise DamagedArtifact(f"{name} has changed since it was stored: its SHA-256 does not match")


@lru_cache(maxsize=256)
def _digest(path: Path, _version: tuple[int, int, int]) -> str:
    """A file's SHA-256, once for each (inode, size, ctime): no user can set a ctime back."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: BinaryIO, target: BinaryIO) -> ModelFile:
    """Copy a chunk at a time; how many bytes, and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _write_durably(temporary: Path, path: Path, content: BinaryIO) -> ModelFile:
    """Write, fsync, rename, fsync the folder; the temporary file is removed where that fails."""
    try:
        with open(temporary, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            about = _copy(content, file)
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
    return about


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
