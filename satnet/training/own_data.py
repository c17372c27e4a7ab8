"""Rows that somebody brought, from the local file or from the files that a worker keeps of an uploaded dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.errors import DataError
from satnet.spec import Dataset
from satnet.spec.datasets import ResolvedData
from satnet.spec.table_plan import TablePlan
from satnet.training.tables import codes, matrix, numbers

Array = NDArray[Any]


@dataclass(frozen=True)
class OwnRows:
    """All rows as arrays, and what is known of them.

    Attributes:
        resolved: task, classes, shapes.
        plan: of a table, whose `x` still is to be encoded (`tables.Encoder`); None for arrays.
        x: (rows, ...); of a table (rows, columns), float64.
        y: class numbers (rows,), or targets float64 (rows, targets).
        test: the same two of rows that came as test rows.
        weights: of each row's loss, float32 (rows,).
        parts: what the rows are split by: 0 (train), 1 (validation) and 2 (test), or the number of each row's group,
            or its place in time.
    """

    resolved: ResolvedData
    plan: TablePlan | None
    x: Array
    y: Array
    test: tuple[Array, Array] | None = None
    weights: Array | None = None
    parts: Array | None = None


def is_own(dataset: Dataset) -> bool:
    """Whether somebody brought it."""
    return dataset.path is not None or str(dataset.name).startswith("ds_")


def files(dataset: Dataset) -> list[Path]:
    """What is read; an uploaded dataset's id says what is in it, and so its files need no look."""
    return [] if dataset.path is None else [Path(dataset.path)]


def folder(dataset_id: str, data_dir: Path) -> Path:
    """Where a worker keeps the files of an uploaded dataset."""
    return data_dir / "cache" / dataset_id


def table_rows(frame: Any, resolved: ResolvedData, plan: TablePlan) -> OwnRows:
    """The rows of a DataFrame as its plan wants them. Raises DataError for what only the rows show."""
    x = matrix(frame, plan)
    if plan.missing == "drop":
        whole = ~np.isnan(x).any(axis=1)
        frame, x = frame[whole], x[whole]
        if not len(x):
            raise DataError("no row is left: each has an empty cell, and dataset.missing is drop")
    if plan.missing == "refuse":
        _require_values({column.name: np.isnan(x[:, place]) for place, column in enumerate(plan.columns)})
    y = _table_target(frame, plan)
    weights = None if plan.weight is None else _weights(numbers(frame[plan.weight]), plan.weight)
    return OwnRows(resolved, plan, x, y, None, weights, _parts(frame, plan))


def array_rows(loaded: Any, resolved: ResolvedData) -> OwnRows:
    """The rows of arrays. Raises DataError for what only the rows show."""
    x, y = loaded.x, _array_target(loaded.y, resolved)
    _require_finite(x, "x")
    if loaded.x_test is None:
        return OwnRows(resolved, None, x, y)
    _require_finite(loaded.x_test, "x_test")
    return OwnRows(resolved, None, x, y, (loaded.x_test, _array_target(loaded.y_test, resolved)))


def _table_target(frame: Any, plan: TablePlan) -> Array:
    columns = {name: frame[name] for name in plan.targets}
    if plan.classes is not None:
        (name, cells), *_ = columns.items()
        places = codes(cells, plan.classes)
        _require_values({name: np.isnan(places)}, "target")
        return places.astype(np.int64)
    targets = {name: numbers(cells) for name, cells in columns.items()}
    _require_values({name: np.isnan(values) for name, values in targets.items()}, "target")
    return np.stack(list(targets.values()), axis=1)


def _array_target(y: Array, resolved: ResolvedData) -> Array:
    if resolved.task != "classification":
        targets = np.asarray(y, np.float64).reshape(len(y), -1)
        _require_finite(targets, "y")
        return targets
    if y.ndim > 1 and y.shape[-1] > 1:  # one-hot
        return y.reshape(len(y), -1).argmax(axis=1)
    import pandas

    cells, names = pandas.Series(y.reshape(-1)), resolved.class_names
    places = codes(cells, names) if names else numbers(cells)
    if (lost := int((np.isnan(places) | (places < 0)).sum())) > 0:
        raise DataError(f"{lost} of {len(y)} labels are empty or none of the classes")
    return places.astype(np.int64)


def _parts(frame: Any, plan: TablePlan) -> Array | None:
    if plan.split is None:
        return None
    import pandas

    if plan.split.column is not None:
        return _named_parts(frame[plan.split.column], plan.split.column)
    if plan.split.group is not None:
        cells = frame[plan.split.group]
        _require_values({plan.split.group: np.asarray(cells.isna())})
        return np.asarray(pandas.factorize(cells, sort=True)[0])
    cells = frame[str(plan.split.time)]
    _require_values({str(plan.split.time): np.asarray(cells.isna())})
    rank: Array = cells.rank(method="first").to_numpy(np.int64)
    return rank


_PARTS = {"train": 0, "training": 0, "validation": 1, "valid": 1, "val": 1, "test": 2}


def _named_parts(cells: Any, name: str) -> Array:
    parts = cells.astype("object").map(lambda cell: _PARTS.get(str(cell).strip().lower(), -1)).to_numpy(np.int64)
    if lost := int((parts < 0).sum()):
        raise DataError(
            f"column {name!r} must say train, validation or test in each row; {lost} rows say something else"
        )
    return np.asarray(parts)


def _weights(values: Array, name: str) -> Array:
    bad = int((np.isnan(values) | (values < 0)).sum())
    if bad:
        raise DataError(f"column {name!r} weighs the rows, but {bad} of {len(values)} are empty or negative")
    if not values.any():
        raise DataError(f"column {name!r} weighs the rows, but all weights are 0")
    return values.astype(np.float32)


def _require_values(missing: dict[str, Array], what: str = "") -> None:
    """Raise DataError, with the columns and how many cells of each are empty."""
    counts = {name: int(empty.sum()) for name, empty in missing.items() if empty.any()}
    if not counts:
        return
    shown = ", ".join(f"{name} ({count:,})" for name, count in list(counts.items())[:5])
    more = f" and {len(counts) - 5} more columns" if len(counts) > 5 else ""
    if what:
        raise DataError(f"the target is empty or not finite in some rows: {shown}{more}")
    raise DataError(f"empty cells or NaN in {shown}{more}; set dataset.missing, or fill them")


def _require_finite(x: Array, name: str) -> None:
    if x.dtype.kind != "f" or bool(np.isfinite(x).all()):
        return
    bad = ~np.isfinite(x.reshape(len(x), -1))
    detail = (
        f"{int(bad.sum()):,} values of {name} are NaN or infinite, in {int(bad.any(axis=1).sum()):,} of {len(x):,} rows"
    )
    raise DataError(f"{detail}; fill them or leave those rows out")
