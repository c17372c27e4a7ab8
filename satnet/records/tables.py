"""Records as tables: one row a layer and epoch, nested numbers under dotted names."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{'train': {'loss': 1}} -> {'train.loss': 1}."""
    result: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            result |= flat(value, f"{prefix}{key}.")
        else:
            result[prefix + key] = value
    return result


def epoch_rows(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One flat row a layer and epoch; an epoch without hidden layers is one row."""
    rows: list[dict[str, Any]] = []
    for record in records:
        shared = flat({key: record[key] for key in record if key != "layers"})
        rows += [shared | flat(layer, "layer.") for layer in record["layers"]] or [shared]
    return rows


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a header of every name that occurs, in order of appearance; null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
