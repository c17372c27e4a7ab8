"""Rows that the next experiment on the same dataset uses again: nothing is read, split, standardized or copied anew."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from satnet.errors import BuildError
from satnet.spec import ExperimentSpec
from satnet.spec.shapes import plan
from satnet.training import own_data, sources
from satnet.training.data import Data, prepare
from satnet.training.source import Source, load_source
from satnet.training.splits import folds

_MOST_BYTES = 400_000_000  # kept in all; one dataset may be larger while it is in use
_kept: OrderedDict[str, tuple[int, Any]] = OrderedDict()  # key -> bytes, what is kept
_T = TypeVar("_T")


def prepared(spec: ExperimentSpec, data_dir: Path) -> Iterator[tuple[int | None, Callable[[], Data]]]:
    """(fold, what makes its rows ready) of the experiment, in order; fold None without cross-validation.

    Raises:
        DataError: the dataset cannot be read or split.
        BuildError: the network does not fit its rows.
    """
    dataset = _key(spec, data_dir)
    parts_key = f"parts of {dataset}"

    def source() -> Source:
        rows = _keep(f"rows {dataset}", lambda: load_source(spec, data_dir), lambda rows: rows.nbytes)
        if parts_key in _kept:
            _kept.move_to_end(parts_key)  # it takes no room, and spares the next experiment these rows
        return rows

    def parts_of_source() -> tuple[tuple[int, ...], list[tuple[int | None, Any, Any]]]:
        rows = source()
        return rows.input_shape, folds(spec, rows.train.y, rows.parts)

    # so that the rows of a large file are not kept beside those that are made ready of them
    shape, parts = _keep(parts_key, parts_of_source, lambda both: sum(index.nbytes for _, index, _ in both[1]))
    outputs = _outputs(spec, shape)
    for number, (fold, index, held_out) in enumerate(parts):

        def make(index: Any = index, held_out: Any = held_out) -> Data:
            rows = source()
            if held_out is None:
                return prepare(spec, rows.train, None, rows.test, outputs, rows.about)
            train, validation = rows.train.take(index), rows.train.take(held_out)
            return prepare(spec, train, validation, rows.test, outputs, rows.about)

        def ready(number: int = number, make: Callable[[], Data] = make) -> Data:
            return _keep(f"fold {number} of {outputs} {dataset}", make, lambda data: data.nbytes)

        yield fold, ready


def forget() -> None:
    """Keep nothing."""
    _kept.clear()


def _key(spec: ExperimentSpec, data_dir: Path) -> str:
    content, dataset = spec.to_json(), spec.dataset
    files: list[Path] = []
    if own_data.is_own(dataset):
        files = own_data.files(dataset)
    elif dataset.downloads:
        files = sources.files(str(dataset.name), data_dir)
    stamps = [[str(file), file.stat().st_mtime_ns, file.stat().st_size] for file in files if file.exists()]
    return json.dumps([content["dataset"], content.get("cross_validation"), spec.rows_seed, stamps], sort_keys=True)


def _keep(key: str, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
    """What `make` made for `key` before, or makes now; the longest unused gives way."""
    if key in _kept:
        _kept.move_to_end(key)
        earlier: _T = _kept[key][1]
        return earlier
    made = make()
    _kept[key] = (size(made), made)
    while sum(nbytes for nbytes, _ in _kept.values()) > _MOST_BYTES and _kept:
        _kept.popitem(last=False)
    return made


def _outputs(spec: ExperimentSpec, input_shape: tuple[int, ...]) -> int:
    """How many numbers come out of the network. Raises BuildError where the layers do not fit the rows."""
    network, misfits = plan(spec, input_shape)
    if misfits:
        raise BuildError("; ".join(f"{misfit.pointer}: {misfit.detail}" for misfit in misfits))
    return network.layers[-1].output_shape[-1]
