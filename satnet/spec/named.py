"""Names with parameters, as Keras takes them: a string, or an object with `name` and arguments."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from satnet.spec.parameters import Parameters, Value


class Frozen(BaseModel):
    """Frozen, strict and without extras: what every part of a spec is."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Named:
    """A checked name and its parameters; a plain string again in JSON where there are no parameters.

    Frozen by hand: pydantic writes the default of a dataclass into the JSON Schema as it is, not as its JSON.
    """

    kind: ClassVar[str]
    allowed: ClassVar[Mapping[str, Parameters]]

    __slots__ = ("name", "parameters")
    name: str
    parameters: Mapping[str, Any]

    def __init__(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "parameters", MappingProxyType(dict(parameters or {})))

    def __setattr__(self, attribute: str, value: object) -> None:
        raise AttributeError(
            f"{type(self).__name__} cannot be changed: make another one instead of setting {attribute}"
        )

    def __delattr__(self, attribute: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: {attribute} stays")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {dict(self.parameters)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and (self.name, self.parameters) == (other.name, other.parameters)

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.parameters.items()))))

    def __reduce__(self) -> tuple[type[Self], tuple[str, dict[str, Any]]]:
        return type(self), (self.name, dict(self.parameters))  # a read-only view can be neither pickled nor copied

    @classmethod
    def parse(cls, value: object) -> "Named":
        """The named thing in `value`; raises pydantic's error, which says what is allowed."""
        if isinstance(value, Named):
            return value
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise PydanticCustomError("named_type", "must be a name, or an object with 'name'")
        name = given["name"]
        if name not in cls.allowed:
            raise PydanticCustomError(
                "unknown_name",
                "there is no {kind} '{name}'; allowed: {allowed}",
                {"kind": cls.kind, "name": name, "allowed": ", ".join(cls.allowed)},
            )
        parameters = {key: cls._checked(name, key, content) for key, content in given.items() if key != "name"}
        return cls(name, cls.completed(name, parameters))

    @classmethod
    def _checked(cls, name: str, key: str, value: object) -> Value:
        parameters = cls.allowed[name]
        if key not in parameters:
            raise PydanticCustomError(
                "unknown_parameter",
                "{kind} '{name}' has no parameter '{key}'; allowed: {allowed}",
                {"kind": cls.kind, "name": name, "key": key, "allowed": ", ".join(parameters) or "none"},
            )
        try:
            return parameters[key].checked(value)
        except ValidationError as error:
            raise PydanticCustomError(
                "parameter",
                "{kind} '{name}': {key}: {reason}",
                {"kind": cls.kind, "name": name, "key": key, "reason": error.errors()[0]["msg"]},
            ) from error

    @classmethod
    def completed(cls, name: str, parameters: dict[str, Value]) -> dict[str, Value]:  # noqa: ARG003 - a hook
        """Fill defaults in; here: none."""
        return parameters

    def to_json(self) -> str | dict[str, Value]:
        """The string, or the object."""
        return {"name": self.name, **self.parameters} if self.parameters else self.name

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda named: named.to_json()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        variants = [
            {
                "type": "object",
                "properties": {"name": {"const": name}}
                | {key: parameter.json_schema() for key, parameter in parameters.items()},
                "required": ["name"],
                "additionalProperties": False,
            }
            for name, parameters in cls.allowed.items()
        ]
        return {"title": cls.kind, "anyOf": [{"enum": list(cls.allowed)}, *variants]}
