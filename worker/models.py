"""Trained models that a worker keeps loaded, for the next prediction."""

import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from satnet.service.artifacts import Artifacts, model_name


@dataclass(frozen=True)
class _Loaded:
    model: Any
    bytes: int  # of its file


class Models:
    """Those used last, by the SHA-256 of their files; `most` bytes of files in all."""

    def __init__(self, artifacts: Artifacts, load: Callable[[Path], Any], most: int) -> None:
        self._artifacts, self._load, self._most = artifacts, load, most
        self._loaded: OrderedDict[str, _Loaded] = OrderedDict()

    def get(self, experiment_id: str, sha256: str) -> Any:
        """The model of an experiment. Raises NotFound and DamagedArtifact."""
        known = self._loaded.get(sha256)
        if known is None:
            known = self._read(model_name(experiment_id), sha256)
            self._make_room(known.bytes)
            if known.bytes <= self._most:
                self._loaded[sha256] = known
        else:
            self._loaded.move_to_end(sha256)
        return known.model

    def _read(self, name: str, sha256: str) -> _Loaded:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            self._artifacts.fetch(name, sha256, path)
            return _Loaded(self._load(path), path.stat().st_size)

    def _make_room(self, size: int) -> None:
        """Forget the models that were used longest ago until `size` bytes fit."""
        kept = sum(one.bytes for one in self._loaded.values())
        while self._loaded and kept + size > self._most:
            _, oldest = self._loaded.popitem(last=False)
            kept -= oldest.bytes
