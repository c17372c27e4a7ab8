"""What a saved model takes and gives: kept as `satnet.json` in its `.keras` file, which Keras passes over."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.errors import BadRequest, FieldError
from satnet.spec.datasets import ResolvedData
from satnet.spec.table_plan import TablePlan
from satnet.training.table_layers import empty_text, input_names

Array = NDArray[Any]
_MEMBER = "satnet.json"
_MOST_ERRORS = 20  # of one request that are told


@dataclass(frozen=True)
class RawColumn:
    """One column of the table, in the order of the features."""

    name: str
    input: str  # its name among the model's inputs
    categories: tuple[str, ...] | None  # None: numbers

    def cell(self, value: Any) -> Any:
        """A JSON value as the model's input takes it. Raises ValueError with what is needed instead."""
        if self.categories is None:
            if value is None:
                return np.nan
            if isinstance(value, str | list | dict):
                raise ValueError("a number is needed")
            return float(value)
        if value is None:
            return empty_text(self.categories)
        if isinstance(value, list | dict):
            raise ValueError("a text, a number or a boolean is needed")
        return self._category(value)

    def _category(self, value: Any) -> str:
        """The category that means the value, if any."""
        categories = self.categories or ()
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            texts: tuple[str, ...] = (str(value), str(value).lower(), str(int(value)))
        else:
            texts = (str(value), str(int(value)) if float(value).is_integer() else "", str(float(value)))
        return next((text for text in texts if text in categories), texts[0])


@dataclass(frozen=True)
class RawRows:
    """Of somebody's own data.

    Attributes:
        task: classification, multi_label or regression.
        classes: names, in the order of the outputs; None for other tasks.
        columns: of a table; None for arrays.
        missing: what becomes of empty cells.
    """

    task: str
    classes: tuple[str, ...] | None
    columns: tuple[RawColumn, ...] | None
    missing: str

    @classmethod
    def of(cls, about: ResolvedData, plan: TablePlan | None) -> "RawRows":
        """From what training knew."""
        classes = None if about.class_names is None else tuple(about.class_names)
        if plan is None:
            return cls(about.task, classes, None, "refuse")
        names = input_names([column.name for column in plan.columns])
        columns = tuple(
            RawColumn(column.name, name, column.categories if column.kind == "categories" else None)
            for column, name in zip(plan.columns, names, strict=True)
        )
        return cls(about.task, classes, columns, plan.missing)

    def add_to(self, path: Path) -> None:
        """Into a `.keras` file, which is a zip."""
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(_MEMBER, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "RawRows | None":
        """From a `.keras` file; None for a model of a built-in dataset."""
        with zipfile.ZipFile(path) as archive:
            if _MEMBER not in archive.namelist():
                return None
            content = json.loads(archive.read(_MEMBER))
        columns = content.pop("columns")
        if columns is not None:
            columns = tuple(
                RawColumn(one["name"], one["input"], None if one["categories"] is None else tuple(one["categories"]))
                for one in columns
            )
        classes = content.pop("classes")
        return cls(content["task"], None if classes is None else tuple(classes), columns, content["missing"])

    def table(self, instances: Sequence[Any]) -> dict[str, Array]:
        """JSON rows of a table as the model's inputs, (rows, 1) each. Raises BadRequest with each refused place."""
        columns = self.columns or ()
        errors: list[FieldError] = []
        rows = [self._row(place, one, errors) for place, one in enumerate(instances)]
        if errors:
            told = "; ".join(f"{error.pointer}: {error.detail}" for error in errors[:3])
            raise BadRequest(told, errors[:_MOST_ERRORS])
        kinds = [np.float32 if column.categories is None else object for column in columns]
        return {
            column.input: np.array([[row[place]] for row in rows], dtype=kind)
            for place, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        }

    def _row(self, place: int, instance: Any, errors: list[FieldError]) -> list[Any]:
        columns, start = self.columns or (), f"#/instances/{place}"
        if isinstance(instance, Mapping):
            names = {column.name for column in columns}
            for name in instance.keys() - names:
                detail = f"the model has no such column; it takes {_listed([column.name for column in columns])}"
                errors.append(_error(f"{start}/{_escaped(name)}", detail, instance[name]))
            cells = [(f"{start}/{_escaped(column.name)}", column) for column in columns]
            values = [instance.get(column.name) for column in columns]
            absent = [column.name not in instance for column in columns]
        elif isinstance(instance, list) and len(instance) == len(columns):
            cells = [(f"{start}/{number}", column) for number, column in enumerate(columns)]
            values, absent = instance, [False] * len(columns)
        else:
            needed = f"an object by column name or a list of {len(columns)} values is needed"
            detail = f"{needed}: {_listed([column.name for column in columns])}"
            errors.append(_error(start, detail, instance))
            return []
        row = []
        for (pointer, column), value, is_absent in zip(cells, values, absent, strict=True):
            try:
                if is_absent:
                    raise ValueError(f"the column {column.name} is missing")
                if value is None and self.missing in ("refuse", "drop"):
                    raise ValueError(f"a value is needed: the model was trained with missing: {self.missing}")
                row.append(column.cell(value))
            except ValueError as error:
                errors.append(_error(pointer, str(error), value))
        return row

    def reply(self, outputs: Array) -> dict[str, Any]:
        """What is answered beside the predictions: the classes' names, and the one of each row."""
        if self.classes is None:
            return {}
        one_unit = outputs.shape[-1] == 1
        chosen = (outputs[..., 0] > 0.5).astype(int) if one_unit else outputs.argmax(axis=-1)
        return {"classes": list(self.classes), "labels": [self.classes[place] for place in chosen.tolist()]}


def _error(pointer: str, detail: str, got: object) -> FieldError:
    return FieldError(pointer, detail, "invalid_instances", got)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
