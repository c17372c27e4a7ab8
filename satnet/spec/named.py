"""Names with parameters, as Keras takes them: a string, or an object with `name` and arguments."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic import Field as PydanticField
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from satnet.spec.activation_traits import ACTIVATIONS

# A parameter's rule: type, and the bounds pydantic would check.
Rule = Any
_ANY = float
_POSITIVE = Annotated[float, PydanticField(gt=0)]
_NOT_NEGATIVE = Annotated[float, PydanticField(ge=0)]
_SHARE = Annotated[float, PydanticField(ge=0, lt=1)]
_STEPS = Annotated[int, PydanticField(gt=0)]


class Named:
    """A checked name and its parameters; a plain string again in JSON where there are no parameters."""

    kind: ClassVar[str]
    allowed: ClassVar[Mapping[str, Mapping[str, Rule]]]

    __slots__ = ("name", "parameters")

    def __init__(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.parameters: dict[str, Any] = dict(parameters or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and (self.name, self.parameters) == (other.name, other.parameters)

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.parameters.items()))))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.parameters!r})"

    @classmethod
    def parse(cls, value: Any) -> "Named":
        """The named thing in `value`; raises pydantic's error, which says what is allowed."""
        if isinstance(value, Named):
            return value
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise PydanticCustomError("named_type", "a name or an object with 'name' is needed")
        name = given["name"]
        if name not in cls.allowed:
            raise PydanticCustomError(
                "unknown_name",
                "{kind} '{name}' is not known; allowed: {allowed}",
                {"kind": cls.kind, "name": name, "allowed": ", ".join(cls.allowed)},
            )
        rules = cls.allowed[name]
        parameters = {}
        for key, content in given.items():
            if key == "name":
                continue
            if key not in rules:
                raise PydanticCustomError(
                    "unknown_parameter",
                    "{kind} '{name}' takes no '{key}'; allowed: {allowed}",
                    {"kind": cls.kind, "name": name, "key": key, "allowed": ", ".join(rules) or "none"},
                )
            parameters[key] = _checked(cls.kind, name, key, content, rules[key])
        return cls(name, cls.completed(name, parameters))

    @classmethod
    def completed(cls, name: str, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - a hook
        """Fill defaults in; here: none."""
        return parameters

    def to_json(self) -> str | dict[str, Any]:
        """The string, or the object."""
        return {"name": self.name, **self.parameters} if self.parameters else self.name

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda named: named.to_json()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names: dict[str, Any] = {"enum": list(cls.allowed)}
        variants = [
            {
                "type": "object",
                "properties": {"name": {"const": name}}
                | {key: TypeAdapter(rule).json_schema() for key, rule in rules.items()},
                "required": ["name"],
                "additionalProperties": False,
            }
            for name, rules in cls.allowed.items()
        ]
        return {"anyOf": [names, *variants]}


_adapters: dict[tuple[str, str, str], Any] = {}  # building one takes longer than all else in checking a spec


def _checked(kind: str, name: str, key: str, value: Any, rule: Rule) -> Any:
    from pydantic import ValidationError

    adapter = _adapters.get((kind, name, key))
    if adapter is None:
        adapter = TypeAdapter(rule, config=ConfigDict(strict=True, allow_inf_nan=False))
        _adapters[kind, name, key] = adapter
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise PydanticCustomError(
            "parameter",
            "{kind} '{name}': {key}: {reason}",
            {"kind": kind, "name": name, "key": key, "reason": error.errors()[0]["msg"]},
        ) from error


class Activation(Named):
    """An activation function of Keras."""

    kind = "activation"
    allowed: ClassVar[Mapping[str, Mapping[str, Rule]]] = {
        name: {key: parameter.rule for key, parameter in traits.parameters.items()}
        for name, traits in ACTIVATIONS.items()
    }


class Initializer(Named):
    """A weight initializer of Keras."""

    kind = "initializer"
    allowed: ClassVar[Mapping[str, Mapping[str, Rule]]] = {
        name: {}
        for name in (
            "zeros",
            "ones",
            "constant",
            "random_uniform",
            "random_normal",
            "truncated_normal",
            "variance_scaling",
            "glorot_uniform",
            "glorot_normal",
            "he_uniform",
            "he_normal",
            "lecun_uniform",
            "lecun_normal",
            "orthogonal",
            "identity",
        )
    } | {
        "constant": {"value": _ANY},
        "random_uniform": {"minval": _ANY, "maxval": _ANY},
        "random_normal": {"mean": _ANY, "stddev": _NOT_NEGATIVE},
        "truncated_normal": {"mean": _ANY, "stddev": _POSITIVE},
        "variance_scaling": {
            "scale": _POSITIVE,
            "mode": Annotated[str, PydanticField(pattern="^fan_(in|out|avg)$")],
            "distribution": Annotated[str, PydanticField(pattern="^(uniform|((un)?truncated_)?normal)$")],
        },
        "orthogonal": {"gain": _ANY},
        "identity": {"gain": _ANY},
    }


class Regularizer(Named):
    """A kernel regularizer of Keras."""

    kind = "regularizer"
    allowed = {
        "l1": {"l1": _NOT_NEGATIVE},
        "l2": {"l2": _NOT_NEGATIVE},
        "l1_l2": {"l1": _NOT_NEGATIVE, "l2": _NOT_NEGATIVE},
    }


_CLIPS = {"clipnorm": _POSITIVE | None, "clipvalue": _POSITIVE | None}
_NO_CLIPS = {"clipnorm": None, "clipvalue": None}
_BETAS = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
# Keras 3's own defaults; a test compares them with the installed Keras.
OPTIMIZER_DEFAULTS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "adam": {"learning_rate": 0.001, **_BETAS, "amsgrad": False},
    "adamw": {"learning_rate": 0.001, "weight_decay": 0.004, **_BETAS, "amsgrad": False},
    "adamax": {"learning_rate": 0.001, **_BETAS},
    "nadam": {"learning_rate": 0.001, **_BETAS},
    "lion": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99},
}


def _rule(key: str, default: Any) -> Rule:
    if isinstance(default, bool):
        return bool
    if key in ("momentum", "rho", "beta_1", "beta_2"):
        return _SHARE
    return _POSITIVE if key in ("learning_rate", "epsilon") else _NOT_NEGATIVE


class Optimizer(Named):
    """An optimizer of Keras, with every default filled in."""

    kind = "optimizer"
    allowed = {
        name: {key: _rule(key, default) for key, default in defaults.items()}
        | _CLIPS
        | ({} if name == "adamw" else {"weight_decay": _NOT_NEGATIVE | None})
        for name, defaults in OPTIMIZER_DEFAULTS.items()
    }

    @classmethod
    def completed(cls, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Keras's defaults, then what was given."""
        return OPTIMIZER_DEFAULTS[name] | _NO_CLIPS | parameters


class Frozen(BaseModel):
    """Frozen, strict and without extras: what every part of a spec is."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
