"""All that is known of each activation, in one record; everything else asks it.

To add an activation of Keras, add a record. Regions of saturation follow from the derivative; soft and hard, left and
right saturation from its limit (Gulcehre et al. 2016).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from satnet.spec.lazy import LazyModule
from satnet.spec.parameters import NOT_NEGATIVE, POSITIVE, Parameter, Parameters, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import special

    Array = NDArray[np.float64]
else:
    np, special = LazyModule("numpy"), LazyModule("scipy.special")
    Array = object

Given = Mapping[str, Value]
Derivative = Callable[[Array, Given], Array]
Tail = float | Literal["soft"] | None
_SELU_SCALE, _SELU_ALPHA = 1.05070098735548049342, 1.67326324235437728482


@dataclass(frozen=True)
class ActivationTraits:
    """One activation.

    Attributes:
        name: Keras's.
        derivative: f'(z), elementwise in float64, from z and all parameters; None for one that is not elementwise.
        slope: that of the unsaturated regime; None where there is no such regime.
        low: the tail below: the z from which the slope is 0, "soft" where the slope fades, or None for no such tail.
        high: the tail above, likewise.
        output_range: the asymptotes, for an activation that is bounded on both sides.
        relu_like: a unit is active where z > 0.
        dies: a unit that is active on no row gets no gradient.
        recovers: a unit that is saturated low on all rows still gets some gradient.
        rests_off_zero: its output for a unit that does not respond is not 0.
        never_negative: its output is at least 0.
        lowest: its smallest output, for one that goes below 0 and has an end there; with parameter alpha at 1.
        initializer: the one that theory prescribes (Glorot, He or LeCun).
        matching_loss: the cross-entropy whose gradient behind this output is p - y.
        parameters: with their rules and defaults.
        keras_layer: Keras's layer of the activation, which takes the parameters.
        aliases: other names that Keras gives the function.
    """

    name: str
    derivative: Derivative | None
    slope: float | None = 1.0
    low: Tail = None
    high: Tail = None
    output_range: tuple[float, float] | None = None
    relu_like: bool = False
    dies: bool = False
    recovers: bool = False
    rests_off_zero: bool = False
    never_negative: bool = False
    lowest: float | None = None
    initializer: Literal["glorot_uniform", "he_normal", "lecun_normal"] | None = None
    matching_loss: Literal["binary_crossentropy", "categorical_crossentropy"] | None = None
    parameters: Parameters = field(default_factory=dict)
    keras_layer: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether the output is bounded on both sides, elementwise."""
        return self.output_range is not None

    @property
    def elementwise(self) -> bool:
        """Whether each output depends on one input, so that there is a slope."""
        return self.derivative is not None

    @property
    def is_step_sloped(self) -> bool:
        """Whether the slope is 1 where a unit is active and 0 elsewhere: relu."""
        return self.dies and self.high is None

    @property
    def saturates(self) -> bool:
        """Whether there is a tail on either side."""
        return self.low is not None or self.high is not None

    def reach(self, given: Given | None = None) -> tuple[float, float]:
        """What its outputs lie between, whatever goes in; infinite where there is no end.

        Args:
            given: parameters that were given.
        """
        if self.output_range is not None:
            return self.output_range
        if self.matching_loss is not None:  # softmax
            return 0.0, 1.0
        high = float(self.high) if isinstance(self.high, float) else math.inf
        if self.never_negative:
            return 0.0, high
        return -math.inf if self.lowest is None else self.lowest * float((given or {}).get("alpha") or 1.0), high

    @property
    def is_probability(self) -> bool:
        """Whether an output unit says how likely a label is by itself."""
        return self.output_range == (0.0, 1.0)


def _sigmoid(z: Array) -> Array:
    return np.asarray(special.expit(z))


def _sigmoid_slope(z: Array) -> Array:
    return _sigmoid(z) * _sigmoid(-z)  # no difference of near numbers in either tail


def _tanh_slope(z: Array) -> Array:
    return 4.0 * _sigmoid_slope(2.0 * z)  # 1 - tanh^2 would cancel


def _between(z: Array, low: float, high: float, slope: float) -> Array:
    return np.where((z > low) & (z < high), slope, 0.0)


def _exponential_below(z: Array, alpha: float) -> Array:
    """The slope of elu: 1 above 0, alpha e^z below."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))


def _gelu(z: Array, given: Given) -> Array:
    if given["approximate"]:
        c = math.sqrt(2.0 / math.pi)
        inner = c * (z + 0.044715 * z**3)
        slope = c * (1.0 + 3 * 0.044715 * z**2)
        return 0.5 * (1.0 + np.tanh(inner)) + 0.5 * z * _tanh_slope(inner) * slope
    below = 0.5 * (1.0 + np.asarray(special.erf(z / math.sqrt(2.0))))
    return below + z * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)


def _mish(z: Array, _: Given) -> Array:
    softplus = np.logaddexp(0.0, z)
    return np.tanh(softplus) + z * _tanh_slope(softplus) * _sigmoid(z)


def _hard_silu(z: Array, _: Given) -> Array:
    return np.where(z >= 3.0, 1.0, _between(z, -3.0, 3.0, 1.0) * (2.0 * z + 3.0) / 6.0)


_RECORDS = (
    ActivationTraits("linear", lambda z, _: np.ones_like(z)),
    ActivationTraits(
        "sigmoid",
        lambda z, _: _sigmoid_slope(z),
        slope=0.25,
        low="soft",
        high="soft",
        output_range=(0.0, 1.0),
        rests_off_zero=True,
        never_negative=True,
        initializer="glorot_uniform",
        matching_loss="binary_crossentropy",
    ),
    ActivationTraits(
        "tanh",
        lambda z, _: _tanh_slope(z),
        low="soft",
        high="soft",
        output_range=(-1.0, 1.0),
        initializer="glorot_uniform",
    ),
    ActivationTraits(
        "relu",
        lambda z, _: np.where(z > 0, 1.0, 0.0),
        relu_like=True,
        dies=True,
        never_negative=True,
        initializer="he_normal",
    ),
    ActivationTraits(
        "relu6",
        lambda z, _: _between(z, 0.0, 6.0, 1.0),
        high=6.0,
        relu_like=True,
        dies=True,
        never_negative=True,
        initializer="he_normal",
    ),
    ActivationTraits(
        "leaky_relu",
        lambda z, given: np.where(z > 0, 1.0, float(given["negative_slope"] or 0.0)),
        relu_like=True,
        initializer="he_normal",
        parameters={"negative_slope": Parameter(NOT_NEGATIVE, 0.2)},
        keras_layer="LeakyReLU",
    ),
    ActivationTraits(
        "elu",
        lambda z, given: _exponential_below(z, float(given["alpha"] or 0.0)),
        low="soft",
        recovers=True,
        lowest=-1.0,
        parameters={"alpha": Parameter(POSITIVE, 1.0)},
        keras_layer="ELU",
    ),
    ActivationTraits(
        "selu",
        lambda z, _: _SELU_SCALE * _exponential_below(z, _SELU_ALPHA),
        slope=_SELU_SCALE,
        low="soft",
        recovers=True,
        lowest=-_SELU_SCALE * _SELU_ALPHA,
        initializer="lecun_normal",
    ),
    ActivationTraits(
        "softplus",
        lambda z, _: _sigmoid(z),
        low="soft",
        recovers=True,
        rests_off_zero=True,
        never_negative=True,
    ),
    ActivationTraits(
        "softsign",
        lambda z, _: 1.0 / (1.0 + np.abs(z)) ** 2,
        low="soft",
        high="soft",
        output_range=(-1.0, 1.0),
        initializer="glorot_uniform",
    ),
    ActivationTraits(
        "gelu",
        _gelu,
        low="soft",
        recovers=True,
        lowest=-0.17,
        parameters={"approximate": Parameter(bool, default=False)},
    ),
    ActivationTraits(
        "silu",
        lambda z, _: _sigmoid(z) + z * _sigmoid_slope(z),
        low="soft",
        recovers=True,
        lowest=-0.2785,
        aliases=("swish",),
    ),
    ActivationTraits("hard_silu", _hard_silu, low=-3.0, lowest=-0.375, aliases=("hard_swish",)),
    ActivationTraits("mish", _mish, low="soft", recovers=True, lowest=-0.3089),
    ActivationTraits(
        "hard_sigmoid",
        lambda z, _: _between(z, -3.0, 3.0, 1.0 / 6.0),
        slope=1.0 / 6.0,
        low=-3.0,
        high=3.0,
        output_range=(0.0, 1.0),
        rests_off_zero=True,
        never_negative=True,
        initializer="glorot_uniform",
    ),
    ActivationTraits(
        "hard_tanh",
        lambda z, _: _between(z, -1.0, 1.0, 1.0),
        low=-1.0,
        high=1.0,
        output_range=(-1.0, 1.0),
        initializer="glorot_uniform",
    ),
    ActivationTraits("exponential", lambda z, _: np.exp(z), slope=None, never_negative=True),
    ActivationTraits(
        "softmax",
        None,
        slope=None,
        never_negative=True,
        matching_loss="categorical_crossentropy",
        keras_layer="Softmax",
    ),
)
ACTIVATIONS: dict[str, ActivationTraits] = {record.name: record for record in _RECORDS}


def traits(name: str) -> ActivationTraits:
    """The record of an activation; maxout, and one that satnet does not know, has no slope and no tails."""
    return ACTIVATIONS.get(name) or ActivationTraits(name, None, slope=None)


def known_activation(keras_name: str) -> str | None:
    """The activation that Keras's function of this name computes; None for one that satnet does not know."""
    return next((one.name for one in _RECORDS if keras_name in (one.name, *one.aliases)), None)
