"""Values that JSON can hold."""

import math
from collections.abc import Mapping
from typing import Any


def json_safe(value: Any) -> Any:
    """The same value with null in place of NaN and infinities, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: json_safe(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(content) for content in value]
    return value
