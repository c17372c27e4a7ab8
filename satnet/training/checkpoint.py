"""What a run needs to go on as if it had never stopped: one `.npz` of arrays, with everything else as JSON in it."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from satnet.errors import CorruptCheckpoint

_STATE = "state"


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch.

    Attributes:
        fold: which fold was trained; None without cross-validation.
        epoch: the last one that is over.
        arrays: weights and the optimizer's variables, by name.
        state: everything else; what JSON holds, NaN and infinity included.
    """

    fold: int | None
    epoch: int
    arrays: dict[str, np.ndarray]
    state: dict[str, Any]

    def to_bytes(self) -> bytes:
        """As one `.npz`, without pickles."""
        text = json.dumps({"fold": self.fold, "epoch": self.epoch, "state": self.state})
        buffer = io.BytesIO()
        # NumPy's stub takes no dict of arrays beside its own keyword
        np.savez(buffer, **self.arrays, **{_STATE: np.frombuffer(text.encode(), np.uint8)})  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Checkpoint":
        """The opposite. Raises CorruptCheckpoint."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            rest = json.loads(arrays.pop(_STATE).tobytes())
            return cls(rest["fold"], rest["epoch"], arrays, rest["state"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise CorruptCheckpoint(f"not a checkpoint: {error}") from error

    def part(self, prefix: str) -> list[np.ndarray]:
        """The arrays PREFIX0, PREFIX1, ... in order."""
        count = sum(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in self.arrays)
        return [self.arrays[f"{prefix}{number}"] for number in range(count)]


def numbered(prefix: str, arrays: Any) -> dict[str, np.ndarray]:
    """PREFIX0, PREFIX1, ... for `part`."""
    return {f"{prefix}{number}": np.asarray(array) for number, array in enumerate(arrays)}
