"""Somebody's own table in a program: how its file is read, and what its columns become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pprint import pformat
from typing import Any

from satnet.script.keras_calls import literal
from satnet.spec.datasets import ResolvedData
from satnet.spec.table_plan import TablePlan

_CSV = {"delimiter": "sep", "decimal": "decimal", "encoding": "encoding", "thousands": "thousands"}
_STRATEGIES = ("median", "mean", "most_frequent")


@dataclass(frozen=True)
class OwnFile:
    """The file of a table.

    Attributes:
        name: of the file that the program reads, beside it.
        sha256: of its content.
        plan: what its columns become.
        named_validation: whether the column that the rows are split by says validation somewhere.
        reading: how it was read: `format`, and for a CSV its `delimiter`, `decimal` and `encoding`.
    """

    name: str
    sha256: str
    plan: TablePlan
    named_validation: bool = False
    reading: Mapping[str, Any] = field(default_factory=dict)

    def call(self) -> str:
        """What reads a table, as Python text."""
        kind = str(self.reading.get("format", "csv"))
        if kind == "parquet":
            return "pd.read_parquet(FILE)"
        if kind in ("jsonl", "json_lines"):
            return "pd.read_json(FILE, lines=True)"
        given = {_CSV[key]: value for key, value in self.reading.items() if key in _CSV and value is not None}
        return f"pd.read_csv(FILE{''.join(f', {key}={literal(value)}' for key, value in given.items())})"


def table_context(own: OwnFile, plan: TablePlan, resolved: ResolvedData) -> dict[str, Any]:
    """What the templates of a table need."""
    classes, filled = plan.classes is not None, plan.missing in _STRATEGIES
    categories = [column for column in plan.columns if column.kind == "categories"]
    most_frequent = 'SimpleImputer(strategy="most_frequent", keep_empty_features=True)'
    nothing = 'SimpleImputer(strategy="constant", fill_value=-1, keep_empty_features=True)'
    return {
        "read": own.call(),
        "numbers": [column.name for column in plan.columns if column.kind == "number"],
        "categories": {column.name: list(column.categories) for column in categories},
        "marked": [column.name for column in plan.columns if column.indicator],
        "strategy": plan.missing if filled else "median",
        "fill_categories": most_frequent if filled else nothing,
        "test_rows": "max(1, len(x) // 5)" if plan.missing == "drop" else str(resolved.test_rows),
        "named_validation": own.named_validation,
        "stratify_all": "y" if classes else "None",
        "stratify_rows": "y[rows]" if classes else "None",
    }


def pretty(value: object) -> str:
    """A list or a dict of texts, on several lines where it is long."""
    text = pformat(value, width=100, sort_dicts=False, compact=True)
    return text.replace("'", '"') if '"' not in text and "\\" not in text else text
