"""The weight initializers a spec may name; each is Keras's of that name."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from satnet.spec.named import Named
from satnet.spec.parameters import NONE, NOT_NEGATIVE, POSITIVE, Parameter, Parameters, defaults


class Fans(NamedTuple):
    """Inputs and outputs of a unit's kernel, a convolution's receptive field counted."""

    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class InitializerTraits:
    """One initializer.

    Attributes:
        std: the standard deviation of the kernel, from all parameters and the fans; None where it must be measured.
        needs_fans: whether that depends on the fans.
        parameters: with their rules and Keras's defaults.
        for_biases: whether it can fill a vector.
        for_convolutions: whether it can fill a kernel of four dimensions.
    """

    std: Callable[[Mapping[str, Any], Fans], float] | None
    needs_fans: bool = False
    parameters: Parameters = field(default_factory=dict)
    for_biases: bool = True
    for_convolutions: bool = True


Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["uniform", "normal", "truncated_normal", "untruncated_normal"]


def _scaled(scale: float, mode: Mode, fans: Fans) -> float:
    fan = {"fan_in": fans.fan_in, "fan_out": fans.fan_out, "fan_avg": sum(fans) / 2}[mode]
    return math.sqrt(scale / fan)


def _constant(parameters: Parameters = NONE) -> InitializerTraits:
    return InitializerTraits(lambda *_: 0.0, parameters=parameters)


def _by_fans(scale: float, mode: Mode) -> InitializerTraits:
    return InitializerTraits(lambda _, fans: _scaled(scale, mode, fans), needs_fans=True)


def _number(default: float) -> Parameter:
    return Parameter(float, default)


_TRUNCATED = 0.8796  # of a normal distribution's standard deviation is left where it is cut at two of them
INITIALIZERS: dict[str, InitializerTraits] = {
    "zeros": _constant(),
    "ones": _constant(),
    "constant": _constant({"value": _number(0.0)}),
    "random_uniform": InitializerTraits(
        lambda given, _: float(given["maxval"] - given["minval"]) / math.sqrt(12),
        parameters={"minval": _number(-0.05), "maxval": _number(0.05)},
    ),
    "random_normal": InitializerTraits(
        lambda given, _: float(given["stddev"]),
        parameters={"mean": _number(0.0), "stddev": Parameter(NOT_NEGATIVE, 0.05)},
    ),
    "truncated_normal": InitializerTraits(
        lambda given, _: _TRUNCATED * float(given["stddev"]),
        parameters={"mean": _number(0.0), "stddev": Parameter(POSITIVE, 0.05)},
    ),
    "variance_scaling": InitializerTraits(
        lambda given, fans: _scaled(given["scale"], given["mode"], fans),
        needs_fans=True,
        parameters={
            "scale": Parameter(POSITIVE, 1.0),
            "mode": Parameter(Mode, "fan_in"),
            "distribution": Parameter(Distribution, "truncated_normal"),
        },
    ),
    "glorot_uniform": _by_fans(1.0, "fan_avg"),
    "glorot_normal": _by_fans(1.0, "fan_avg"),
    "he_uniform": _by_fans(2.0, "fan_in"),
    "he_normal": _by_fans(2.0, "fan_in"),
    "lecun_uniform": _by_fans(1.0, "fan_in"),
    "lecun_normal": _by_fans(1.0, "fan_in"),
    "orthogonal": InitializerTraits(None, parameters={"gain": _number(1.0)}, for_biases=False),
    "identity": InitializerTraits(None, parameters={"gain": _number(1.0)}, for_biases=False, for_convolutions=False),
}


class Initializer(Named):
    """A weight initializer of Keras."""

    kind = "initializer"
    allowed = {name: traits.parameters for name, traits in INITIALIZERS.items()}


def initial_std(name: str, parameters: Mapping[str, Any], fan_in: int | None, fan_out: int | None) -> float | None:
    """The standard deviation that an initializer gives a kernel; None where it must be measured."""
    traits = INITIALIZERS.get(name)
    if traits is None or traits.std is None:
        return None
    if traits.needs_fans and (fan_in is None or fan_out is None):
        return None
    return traits.std(defaults(traits.parameters) | dict(parameters), Fans(fan_in or 0, fan_out or 0))
