"""A parameter of an activation, an initializer, an optimizer and the like: its type, bounds and default."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter

# The type and bounds of a parameter, as pydantic checks them: `float`, or `Annotated[float, Field(gt=0)]`.
Rule = Any
Value = float | bool | str | None

POSITIVE = Annotated[float, Field(gt=0)]
NOT_NEGATIVE = Annotated[float, Field(ge=0)]
SHARE = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Parameter:
    """What a parameter may be, and what it is where it is not given.

    Attributes:
        rule: its type and bounds.
        default: Keras's.
    """

    rule: Rule
    default: Value

    @cached_property
    def _adapter(self) -> TypeAdapter[Value]:
        """Built once: building it takes longer than all else in checking a spec."""
        return TypeAdapter(self.rule, config=ConfigDict(strict=True, allow_inf_nan=False))

    def checked(self, value: object) -> Value:
        """The value, if it is allowed. Raises pydantic's ValidationError."""
        return self._adapter.validate_python(value)

    def json_schema(self) -> dict[str, object]:
        """The rule as a JSON Schema."""
        return self._adapter.json_schema()


Parameters = Mapping[str, Parameter]
NONE: Parameters = {}


def defaults(parameters: Parameters) -> dict[str, Value]:
    """What the parameters are where none is given."""
    return {key: parameter.default for key, parameter in parameters.items()}
