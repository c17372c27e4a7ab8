"""Large files: trained models, under a directory or any URL that fsspec knows."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

from satnet.errors import NotFound


class Artifacts:
    """Named files under one URL; each is written whole or not at all."""

    def __init__(self, url: str) -> None:
        """`url`: a directory, or s3://..., gs://... with the fsspec package for it."""
        import fsspec

        self._files: Any
        self._files, self._root = fsspec.core.url_to_fs(url)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def put(self, name: str, source: Path) -> dict[str, Any]:
        """Copy a local file in; its size and SHA-256. Raises OSError."""
        content, path = source.read_bytes(), self._path(name)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex}"
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

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        if self._files.exists(self._path(name)):
            self._files.rm_file(self._path(name))


def model_name(identity: str) -> str:
    """Where an experiment's trained model lies."""
    return f"models/{identity}.keras"
