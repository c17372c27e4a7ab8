"""How much each class counts in the training loss."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_MOST = 1e6  # of a weight: losses are float32


def _read(value: object) -> object:
    """Labels as text, weights as floats; anything else in one sentence, where a union would give one for each kind."""
    if value is None or value == "balanced":
        return value
    if not isinstance(value, dict) or not value:
        raise PydanticCustomError(
            "class_weight", 'expected null, "balanced", or an object that gives classes their weights by label'
        )
    return {str(label): _weight(label, weight) for label, weight in value.items()}


def _weight(label: object, weight: object) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= _MOST:
        raise PydanticCustomError(
            "class_weight",
            "the weight of class {label} must be a number from 0 to 1,000,000; got {weight}",
            {"label": str(label)[:100], "weight": repr(weight)[:100]},
        )
    return float(weight)


ClassWeight = Annotated[
    Literal["balanced"] | Annotated[dict[str, Annotated[float, Field(ge=0, le=_MOST)]], Field(min_length=1)] | None,
    BeforeValidator(_read),
]
