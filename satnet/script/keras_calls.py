"""Calls of Keras as Python text, from the fields of a spec: a class is named as Keras's is, and so are its fields."""

from collections.abc import Iterator, Mapping
from textwrap import indent

from pydantic import BaseModel

from satnet.spec import ExperimentSpec
from satnet.spec.activation_traits import traits
from satnet.spec.layers import Layer
from satnet.spec.named import Named

_OWN_FIELDS = ("type", "name", "activation", "batch_normalization", "repeat")  # not arguments of Keras's class
_LONGEST = 100
_OTHER_CASE = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW"}


def literal(value: object) -> str:
    """A value as Python text: strings in double quotes, lists as tuples."""
    text = repr(tuple(value) if isinstance(value, list) else value)
    return f'"{text[1:-1]}"' if isinstance(value, str) and '"' not in text else text


def layer_calls(layer: Layer) -> Iterator[str]:
    """The Keras layers of one layer of the spec, in order: `repeat` is not looked at."""
    if layer.type == "activation":
        yield activation_call(layer.activation)
        return
    cls, arguments = type(layer).__name__, _arguments(layer)
    if layer.type == "maxout":  # a dense layer computes all pieces
        cls, arguments["units"] = "Dense", literal(layer.units * layer.pieces)
        del arguments["pieces"]
    yield _call(f"keras.layers.{cls}", arguments, _required(layer))
    normalized = getattr(layer, "batch_normalization", "none")
    if normalized == "before_activation":
        yield "keras.layers.BatchNormalization()"
    if layer.type == "maxout":
        yield f"Maxout({layer.units}, {layer.pieces})"
    elif (activation := getattr(layer, "activation", None)) is not None and activation.name != "linear":
        yield activation_call(activation)
    if normalized == "after_activation":
        yield "keras.layers.BatchNormalization()"


def activation_call(named: Named) -> str:
    """The layer of an activation."""
    if not named.parameters:
        return f'keras.layers.Activation("{named.name}")'
    options = {key: literal(value) for key, value in named.parameters.items()}
    own_layer = traits(named.name).keras_layer
    if own_layer is not None:
        return _call(f"keras.layers.{own_layer}", options)
    function = _call(f"keras.activations.{named.name}", {"z": "z", **options}, 1)
    return f"keras.layers.Activation(lambda z: {function})"


def optimizer_call(spec: ExperimentSpec) -> str:
    """The optimizer, with the schedule in the place of its learning rate."""
    arguments = {key: literal(value) for key, value in spec.optimizer.parameters.items() if value is not None}
    schedule = spec.training.learning_rate_schedule
    if schedule is not None and schedule.name != "reduce_on_plateau":
        decay = {"initial_learning_rate": arguments["learning_rate"], **_arguments(schedule)}
        cls = f"keras.optimizers.schedules.{type(schedule).__name__}"
        arguments["learning_rate"] = _call(cls, decay, 1 + _required(schedule))
    return _call(f"keras.optimizers.{class_name(spec.optimizer.name)}", arguments)


def class_name(name: str) -> str:
    """Keras's class of an optimizer, initializer or regularizer: he_normal is HeNormal."""
    return _OTHER_CASE.get(name) or "".join(part.title() for part in name.split("_"))


def _arguments(model: BaseModel) -> dict[str, str]:
    """Fields of a model as arguments, required ones first.

    Null is left out, and so are switches at their default, which is Keras's.
    """
    arguments = {}
    fields = type(model).model_fields.items()
    for name, field in sorted(fields, key=lambda item: not item[1].is_required()):
        value = getattr(model, name)
        if name in _OWN_FIELDS or value is None or (isinstance(value, bool) and value == field.default):
            continue
        arguments[name] = _named(name, value) if isinstance(value, Named) else literal(value)
    return arguments


def _required(model: BaseModel) -> int:
    """How many fields must be given: Keras takes them first, by position."""
    fields = type(model).model_fields.items()
    return sum(field.is_required() for name, field in fields if name not in _OWN_FIELDS)


def _named(field: str, named: Named) -> str:
    """`kernel_initializer` and the like: a string where that is enough."""
    module = "keras." + field.rpartition("_")[2] + "s"
    if module == "keras.initializers" and not named.parameters and named.name != "constant":
        return literal(named.name)
    return _call(f"{module}.{class_name(named.name)}", {key: literal(value) for key, value in named.parameters.items()})


def _call(function: str, arguments: Mapping[str, str], positional: int = 0) -> str:
    """The call on one line, or with one line an argument where it would be long."""
    texts = [value if place < positional else f"{key}={value}" for place, (key, value) in enumerate(arguments.items())]
    call = f"{function}({', '.join(texts)})"
    if len(call) <= _LONGEST:
        return call
    lines = "\n".join(indent(f"{text},", "    ") for text in texts)
    return f"{function}(\n{lines}\n)"
