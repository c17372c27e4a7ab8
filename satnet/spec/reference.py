"""Every field and every name of the spec with type, bounds and default, as plain rows: for the documentation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from satnet.spec.activations import Activation
from satnet.spec.datasets import DATASETS, Dataset
from satnet.spec.experiment import (
    CrossValidation,
    EarlyStopping,
    ExperimentSpec,
    Loss,
    Resources,
    Saturation,
    Schedule,
    Training,
)
from satnet.spec.initializers import Initializer
from satnet.spec.layers import LAYERS
from satnet.spec.named import Named
from satnet.spec.optimizers import Optimizer
from satnet.spec.parameters import Parameters
from satnet.spec.regularizers import Regularizer


@dataclass(frozen=True)
class Field:
    """One field or parameter.

    Attributes:
        name: as it stands in the spec.
        type: `number`, `integer or list of integers`, `activation`.
        allowed: its bounds or the words it may be, empty where there are none.
        default: as JSON; empty where it must be given.
        about: what it means, where that is written down.
    """

    name: str
    type: str
    allowed: str
    default: str
    about: str = ""


@dataclass(frozen=True)
class Entry:
    """One name that a spec may contain, or one part of the spec, with its fields."""

    name: str
    about: str
    fields: tuple[Field, ...] = ()


def reference() -> dict[str, tuple[Entry, ...]]:
    """What a spec may say, by kind, in the order of the spec."""
    return {
        "spec": tuple(_model(name, model) for name, model in _PARTS.items()),
        "dataset": tuple(_dataset(name) for name in DATASETS),
        "layer": tuple(_model(name, model) for name, model in LAYERS.items()),
        "activation": _names(Activation),
        "initializer": _names(Initializer),
        "regularizer": _names(Regularizer),
        "loss": tuple(Entry(name, "") for name in get_args(Loss)),
        "optimizer": _names(Optimizer),
        "learning_rate_schedule": tuple(_schedules()),
    }


_PARTS: dict[str, type[BaseModel]] = {
    "": ExperimentSpec,
    "dataset": Dataset,
    "training": Training,
    "training.early_stopping": EarlyStopping,
    "cross_validation": CrossValidation,
    "saturation": Saturation,
    "resources": Resources,
}
_NAMED = tuple(kind.kind for kind in (Activation, Initializer, Regularizer, Optimizer))
_TAGS = ("type", "name")  # say which model it is
_BOUNDS = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} keys",
}


def _model(name: str, model: type[BaseModel]) -> Entry:
    content = model.model_json_schema()
    required = content.get("required", ())
    fields = tuple(
        _field(key, part, required=key in required)
        for key, part in content["properties"].items()
        if not (key in _TAGS and "const" in part)
    )
    return Entry(name, _first_line(model.__doc__), fields)


def _schedules() -> list[Entry]:
    union, *_ = get_args(Schedule)
    return [_model(get_args(model.model_fields["name"].annotation)[0], model) for model in get_args(union)]


def _dataset(name: str) -> Entry:
    traits = DATASETS[name]
    rows = {one.name: one for one in _model("dataset", Dataset).fields}
    fields = tuple(
        Field(key, rows[key].type.removesuffix(" or null"), rows[key].allowed, json.dumps(value), rows[key].about)
        for key, value in traits.options.items()
    )
    return Entry(name, traits.about, fields)


def _names(kind: type[Named]) -> tuple[Entry, ...]:
    return tuple(Entry(name, "", tuple(_parameters(parameters))) for name, parameters in kind.allowed.items())


def _parameters(parameters: Parameters) -> list[Field]:
    return [
        _field(name, one.json_schema() | {"default": one.default}, required=False) for name, one in parameters.items()
    ]


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _field(name: str, content: Mapping[str, Any], *, required: bool) -> Field:
    default = "" if required else json.dumps(content.get("default"))
    return Field(name, _type(content), _allowed(content), default, content.get("description", ""))


def _type(content: Mapping[str, Any]) -> str:
    if content.get("title") in _NAMED:
        return str(content["title"])
    if "$ref" in content or "discriminator" in content:
        return "object"
    if "anyOf" in content:
        return " or ".join(dict.fromkeys(_type(one) for one in content["anyOf"]))
    if content.get("type") == "array":
        return f"list of {_type(content['items'])}s"
    return "string" if "enum" in content else str(content.get("type", "object"))


def _allowed(content: Mapping[str, Any]) -> str:
    if "enum" in content:
        return ", ".join(str(one) for one in content["enum"])
    if content.get("title") in _NAMED:
        return ""  # each name has its entry
    if "anyOf" in content:
        parts = dict.fromkeys(_allowed(one) for one in content["anyOf"])
        return "; ".join(part for part in parts if part)
    bounds = [text.format(content[key]) for key, text in _BOUNDS.items() if key in content]
    if content.get("type") == "array" and (each := _allowed(content["items"])):
        bounds.append(f"each {each}")
    return ", ".join(bounds)
