"""The trained network as one `.keras` file that takes raw rows: encoding and standardization are its first layers."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from satnet.errors import BadRequest
from satnet.training.data import Data
from satnet.training.network import Network
from satnet.training.raw_rows import RawRows
from satnet.training.table_layers import table_inputs

_BATCH_BYTES = 64_000_000  # of the activations of one batch of predictions


def whole_model(network: Network, data: Data) -> Any:
    """Raw rows in, outputs in the target's own units out; a table's rows as a dict of its columns, (rows, 1) each."""
    if data.encoder is None:
        inputs = raw = keras.Input(network.model.input_shape[1:])
    else:
        inputs, raw = table_inputs(data.encoder)
    outputs = network.model(_standardized(raw, np.asarray(data.center), np.asarray(data.scale)))
    mean, std = np.asarray(data.target_mean), np.asarray(data.target_std)
    if bool(np.any(mean != 0.0) or np.any(std != 1.0)):
        outputs = keras.layers.Rescaling(std.tolist(), mean.tolist(), name="target_units")(outputs)
    return keras.Model(inputs, outputs)


def _standardized(raw: Any, center: np.ndarray, scale: np.ndarray) -> Any:
    if center.ndim == 0:
        return keras.layers.Rescaling(float(1.0 / scale), float(-center / scale), name="standardize")(raw)
    axes = tuple(range(1, len(raw.shape)))
    return keras.layers.Normalization(axis=axes, mean=center, variance=scale**2, name="standardize")(raw)


def save_model(network: Network, data: Data, path: Path) -> None:
    """Write it to `path`, which ends in .keras."""
    with _plain_regularizers(network):
        whole_model(network, data).save(path)
    if data.about is not None:
        RawRows.of(data.about, None if data.encoder is None else data.encoder.plan).add_to(path)


@contextlib.contextmanager
def _plain_regularizers(network: Network) -> Iterator[None]:
    """Keras's own, whose strengths are numbers: what loads the file need not know satnet."""
    penalised = [layer for _, layer in network.weighted if layer.kernel_regularizer is not None]
    penalties = [layer.kernel_regularizer for layer in penalised]
    try:
        for layer in penalised:
            layer.kernel_regularizer = layer.kernel_regularizer.plain()
        yield
    finally:
        for layer, penalty in zip(penalised, penalties, strict=True):
            layer.kernel_regularizer = penalty


def load_model(path: Path) -> Any:
    """A model that was saved with `save_model`."""
    return keras.models.load_model(path)


@dataclass(frozen=True)
class SavedModel:
    """A loaded `.keras` file; `raw` says what it takes and gives where it was trained on somebody's own data."""

    model: Any
    raw: RawRows | None = None

    @classmethod
    def load(cls, path: Path) -> "SavedModel":
        """A file that `save_model` wrote."""
        return cls(load_model(path), RawRows.read(path))

    @property
    def takes_columns(self) -> bool:
        """Whether its rows are those of a table."""
        return self.raw is not None and self.raw.columns is not None

    def rows(self, instances: Any) -> Any:
        """JSON rows as the model takes them. Raises BadRequest where they do not fit."""
        if self.raw is not None and self.takes_columns:
            return self.raw.table(instances)
        return fitting_rows(self.model, instances)

    def reply(self, outputs: np.ndarray) -> dict[str, Any]:
        """`predictions`, and the classes' names where they have any."""
        more = {} if self.raw is None else self.raw.reply(outputs)
        return {"predictions": outputs.tolist(), **more}


def fitting_rows(model: Any, instances: Any) -> np.ndarray:
    """Raw rows as the model takes them. Raises BadRequest where their shape does not fit."""
    try:
        rows = np.asarray(instances, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise BadRequest("instances: rows of numbers of one shape are needed") from error
    expected = tuple(model.input_shape[1:])
    if rows.ndim == 0 or rows.shape[1:] != expected or not len(rows):
        raise BadRequest(f"instances: rows of shape {list(expected)} are needed, got {list(rows.shape[1:])}")
    return rows


def together(rows: Sequence[Any]) -> Any:
    """Rows of several requests as one."""
    if isinstance(rows[0], dict):
        return {name: np.concatenate([own[name] for own in rows]) for name in rows[0]}
    return np.concatenate(rows)


def count(rows: Any) -> int:
    """How many they are."""
    return len(next(iter(rows.values())) if isinstance(rows, dict) else rows)


def outputs_of(model: Any, rows: Any) -> np.ndarray:
    """Outputs for raw rows, computed in batches whose activations take at most 64 MB."""
    size = max(1, _BATCH_BYTES // max(1, _bytes_of_row(model)))
    parts = [model.predict_on_batch(_part(rows, start, start + size)) for start in range(0, count(rows), size)]
    return np.concatenate(parts)


def _part(rows: Any, start: int, stop: int) -> Any:
    if isinstance(rows, dict):
        return {name: column[start:stop] for name, column in rows.items()}
    return rows[start:stop]


def predict(path: Path, instances: Any) -> list[Any]:
    """Outputs of a saved model for raw rows. Raises BadRequest where their shape does not fit."""
    saved = SavedModel.load(path)
    outputs: list[Any] = outputs_of(saved.model, saved.rows(instances)).tolist()
    return outputs


def _bytes_of_row(model: Any) -> int:
    """Bytes of all layers' outputs for one row; layers of inner models count."""
    shape = model.input_shape
    own = 0 if isinstance(shape, list | dict) else 4 * math.prod(shape[1:])
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            own += _bytes_of_row(layer)
        else:
            own += sum(4 * math.prod(output.shape[1:]) for output in keras.tree.flatten(layer.output))
    return own
