"""The trained network as one `.keras` file that takes raw rows: standardization is its first layer."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from satnet.errors import BadRequest
from satnet.training.data import Data
from satnet.training.network import Network

_BATCH_BYTES = 64_000_000  # of the activations of one batch of predictions


def whole_model(network: Network, data: Data) -> Any:
    """Raw rows in, outputs in the target's own units out."""
    inputs = keras.Input(network.model.input_shape[1:])
    center, scale = np.asarray(data.center), np.asarray(data.scale)
    if center.ndim == 0:
        ready = keras.layers.Rescaling(float(1.0 / scale), float(-center / scale), name="standardize")(inputs)
    else:
        axes = tuple(range(1, len(inputs.shape)))
        layer = keras.layers.Normalization(axis=axes, mean=center, variance=scale**2, name="standardize")
        ready = layer(inputs)
    outputs = network.model(ready)
    if (data.target_mean, data.target_std) != (0.0, 1.0):
        outputs = keras.layers.Rescaling(data.target_std, data.target_mean, name="target_units")(outputs)
    return keras.Model(inputs, outputs)


def save_model(network: Network, data: Data, path: Path) -> None:
    """Write it to `path`, which ends in .keras."""
    with _plain_regularizers(network):
        whole_model(network, data).save(path)


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


def outputs_of(model: Any, rows: np.ndarray) -> np.ndarray:
    """Outputs for raw rows, computed in batches whose activations take at most 64 MB."""
    size = max(1, _BATCH_BYTES // max(1, _bytes_of_row(model)))
    parts = [model.predict_on_batch(rows[start : start + size]) for start in range(0, len(rows), size)]
    return np.concatenate(parts)


def predict(path: Path, instances: Any) -> list[Any]:
    """Outputs of a saved model for raw rows. Raises BadRequest where their shape does not fit."""
    model = load_model(path)
    outputs: list[Any] = outputs_of(model, fitting_rows(model, instances)).tolist()
    return outputs


def _bytes_of_row(model: Any) -> int:
    """Bytes of all layers' outputs for one row; layers of inner models count."""
    own = 4 * math.prod(model.input_shape[1:])
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            own += _bytes_of_row(layer)
        else:
            own += 4 * math.prod(layer.output.shape[1:])
    return own
