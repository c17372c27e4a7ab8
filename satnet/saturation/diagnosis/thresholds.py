"""A threshold: a number and where it comes from; SATNET_THRESHOLDS changes the number."""

from collections.abc import Mapping
from dataclasses import dataclass

MEASURED = "measured on MNIST before it was set, docs/diagnosis.md"


@dataclass(frozen=True)
class Threshold:
    """A number and its source."""

    value: float
    source: str


Limits = Mapping[str, Threshold]


def overridden(defaults: Limits, values: Mapping[str, float]) -> dict[str, Threshold]:
    """The defaults with other values. Raises ValueError for a name that there is not."""
    changed = dict(defaults)
    for name, value in values.items():
        if name not in defaults:
            raise ValueError(f"there is no threshold {name!r}; there are {', '.join(defaults)}")
        changed[name] = Threshold(float(value), "set by the operator")
    return changed
