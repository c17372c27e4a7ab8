"""Numbers of a record by name."""

import math
from collections.abc import Mapping


def number_of(record: Mapping[str, object], name: str) -> float | None:
    """A field's number; None where the record has none, or one that is not finite."""
    value = record.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
