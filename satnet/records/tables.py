"""Records as tables: one row a layer and epoch, nested numbers under dotted names."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from satnet.records.schema import EpochRecord, RecordField, record_fields

_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # the last four are full-width
Row = dict[str, object]


def columns() -> dict[str, RecordField]:
    """The columns of `epoch_rows` by dotted name: every number of the epoch record, and of its layers."""
    return _columns(EpochRecord, "")


def _columns(record: type, prefix: str) -> dict[str, RecordField]:
    fields: dict[str, RecordField] = {}
    for name, field in record_fields(record).items():
        if field.inner is None:
            fields[prefix + name] = field
        else:
            fields |= _columns(field.inner, "layer." if name == "layers" else f"{prefix}{name}.")
    return fields


def flat(content: Mapping[str, object], prefix: str = "") -> Row:
    """{'train': {'loss': 1}} -> {'train.loss': 1}."""
    row: Row = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            row |= flat(value, f"{prefix}{key}.")
        else:
            row[prefix + key] = value
    return row


def epoch_rows(records: Iterable[EpochRecord]) -> list[Row]:
    """One flat row a layer and epoch; an epoch without hidden layers is one row. A part that is null has no columns."""
    rows: list[Row] = []
    known = columns()
    for record in records:
        flattened = flat({key: value for key, value in record.items() if key != "layers"})
        shared = {name: value for name, value in flattened.items() if value is not None or name in known}
        rows += [shared | flat(layer, "layer.") for layer in record["layers"]] or [shared]
    return rows


def to_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV with a header of every name that occurs, in order of appearance; null is an empty cell.

    Text that a spreadsheet would run as a formula has a `'` before it, as OWASP advises; numbers stay as they are.
    """
    names = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_harmless(name) for name in names])
    writer.writerows([_harmless(row.get(name)) for name in names] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    """The cell, quoted with `'` where it is text that begins like a formula and is no number."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
