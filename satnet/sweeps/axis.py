"""One axis of a sweep: the values that a place of the base takes."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, JsonValue, model_serializer, model_validator
from pydantic_core import CoreSchema

from satnet.spec.named import Frozen

KINDS = ("choice", "uniform", "log_uniform", "int")
_FIELDS = {"int": "integer"}  # where a field cannot have its kind's name
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
Integer = Annotated[int, Field(ge=-(2**61), le=2**61)]  # a range then has fewer than 2^63 values, as len() needs


class Axis(Frozen):
    """A list of values, or an object with one of the others, which are [low, high], both inclusive."""

    choice: Annotated[list[JsonValue], Field(min_length=1, max_length=1000)] | None = None
    uniform: Pair | None = None
    log_uniform: Pair | None = None
    integer: Annotated[list[Integer], Field(min_length=2, max_length=2)] | None = Field(None, alias="int")

    @property
    def choices(self) -> Sequence[JsonValue] | None:
        """The values that are listed, or a range of integers, never as a list; None where there are infinitely many."""
        if self.integer is not None:
            return range(self.integer[0], self.integer[1] + 1)
        return self.choice

    @property
    def first(self) -> JsonValue:
        """The first choice; None where there are infinitely many."""
        choices = self.choices
        return choices[0] if choices else None

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return {"choice": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one(self) -> "Axis":
        given = [kind for kind in KINDS if self._of(kind) is not None]
        if len(given) != 1:
            raise ValueError(f"expected a list, or exactly one of {', '.join(KINDS)}, got {', '.join(given) or 'none'}")
        if self.choice is None:
            low, high = self._of(given[0])
            if not low < high:
                raise ValueError(f"{given[0]}: expected [low, high] with low < high, got [{low}, {high}]")
            if self.uniform and not math.isfinite(high - low):
                raise ValueError(f"uniform: high - low must be below 1.8e308, got [{low}, {high}]")
            if self.log_uniform and low <= 0:
                raise ValueError(f"log_uniform: low must be above 0, got {low}")
        return self

    def _of(self, kind: str) -> Any:
        return getattr(self, _FIELDS.get(kind, kind))

    @model_serializer
    def _as_given(self) -> list[JsonValue] | dict[str, list[int] | list[float]]:
        if self.choice is not None:
            return self.choice
        return next({kind: value} for kind in KINDS if (value := self._of(kind)) is not None)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A list, or an object with exactly one kind."""
        pair = {"type": "array", "minItems": 2, "maxItems": 2}
        ranges = {kind: pair | {"items": {"type": "integer" if kind == "int" else "number"}} for kind in KINDS[1:]}
        kinds = {"choice": {"type": "array", "minItems": 1, "items": {}}} | ranges
        alone = [
            {"type": "object", "properties": {kind: items}, "required": [kind], "additionalProperties": False}
            for kind, items in kinds.items()
        ]
        return {"anyOf": [{"type": "array", "minItems": 1, "items": {}}, *alone]}
