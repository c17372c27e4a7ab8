"""Bodies as JSON, and the parts of answers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]  # an answer without a record type


def of_spec(spec: object) -> dict[str, object]:
    """A spec as JSON: a mapping, an ExperimentSpec, or the path of a JSON file. Raises TypeError."""
    if isinstance(spec, str | Path):
        content: dict[str, object] = json.loads(Path(spec).read_text())
        return content
    if isinstance(spec, Mapping):
        return dict(spec)
    to_json = getattr(spec, "to_json", None)
    if to_json is None:
        raise TypeError(f"a mapping, an ExperimentSpec or a path is needed, got {type(spec).__name__}")
    return dict(to_json())


def of_rows(rows: Iterable[object]) -> list[object]:
    """A plain list, from NumPy arrays too; the rows of a pandas DataFrame by column name, NaN as null."""
    if hasattr(rows, "to_dict"):
        cells: Any = rows
        return list(cells.astype(object).where(cells.notna(), None).to_dict("records"))
    return list(rows.tolist() if hasattr(rows, "tolist") else rows)


def data(response: httpx.Response) -> Any:
    """The list that the answer carries."""
    return response.json()["data"]


def nothing(_: httpx.Response) -> None:
    """An answer without a body."""


def text(response: httpx.Response) -> str:
    """The body as text."""
    return response.text


def content(response: httpx.Response) -> bytes:
    """The body as bytes."""
    return response.content
