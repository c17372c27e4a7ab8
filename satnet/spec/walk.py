"""Which kernel feeds which activation: one walk over a list of layers, a spec's or those of a Keras model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Placement = Literal["none", "before_activation", "after_activation"]


@dataclass(frozen=True)
class AppliedActivation:
    """An activation that a layer applies; the name is None for one that satnet does not know."""

    name: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """What the walk must know of a layer.

    Attributes:
        kind: what the layers are counted by, for their names: dense_1, dense_2.
        activation: what it applies; None for a layer that applies none.
        has_kernel: whether it has weights that feed an activation.
        passes_activation: whether a linear layer before it still waits for an activation behind it.
        normalizes: whether it is a batch normalization.
        batch_normalization: where a layer with a kernel has one built in.
        name: the layer's own, where it has one.
    """

    kind: str
    activation: AppliedActivation | None = None
    has_kernel: bool = False
    passes_activation: bool = False
    normalizes: bool = False
    batch_normalization: Placement = "none"
    name: str | None = None

    @property
    def waits(self) -> bool:
        """Whether its activation may be a later layer."""
        is_linear = self.activation is not None and self.activation.name == "linear"
        return self.has_kernel and is_linear and self.batch_normalization != "after_activation"


@dataclass(frozen=True)
class WalkedActivation:
    """One activation; `kernel` and `place` are places in the list of layers.

    Attributes:
        name: of the layer whose kernel feeds it, else its own.
        activation: Keras's name of the function.
        parameters: those given.
        kernel: the layer with the kernel; None where no kernel feeds it.
        place: the layer that applies it; a linear layer that nothing activates applies its own.
        batch_normalization: where a batch normalization stands, built in or as a layer.
    """

    name: str
    activation: str
    parameters: Mapping[str, Any]
    kernel: int | None
    place: int
    batch_normalization: Placement


@dataclass(frozen=True)
class Walked:
    """The name of every layer, and all activations in order, the output layer's last."""

    names: tuple[str, ...]
    activations: tuple[WalkedActivation, ...]


def walk(parts: Sequence[Part]) -> Walked:
    """Follow the layers from the input to the output."""
    walker = _Walker()
    names = tuple(walker.step(part, place) for place, part in enumerate(parts))
    walker.flush()
    return Walked(names, tuple(walker.activations))


class _Walker:
    def __init__(self) -> None:
        self.activations: list[WalkedActivation] = []
        self._counts: dict[str, int] = {}
        self._waiting: WalkedActivation | None = None  # a linear layer that no activation has followed yet
        self._is_last_known = False  # whether the last activation on the way is the last of the list

    def step(self, part: Part, place: int) -> str:
        """Take one layer; its name."""
        if part.has_kernel:
            self.flush()
            own = WalkedActivation(self._name(part), "linear", {}, place, place, part.batch_normalization)
            if part.waits:
                self._waiting = own
            else:
                self._activate(own, part.activation, place)
            return own.name
        if part.activation is not None:
            fed = self._waiting or WalkedActivation(self._name(part), "linear", {}, None, place, "none")
            self._waiting = None
            self._activate(fed, part.activation, place)
            return fed.name
        if not part.passes_activation:
            self.flush()
        if part.normalizes:
            self._normalize()
        return self._name(part)

    def flush(self) -> None:
        """A linear layer that no activation followed is a hidden layer of its own, with activation linear."""
        if self._waiting is not None:
            self.activations.append(self._waiting)
            self._waiting, self._is_last_known = None, True

    def _activate(self, fed: WalkedActivation, applied: AppliedActivation | None, place: int) -> None:
        name = applied.name if applied is not None else None
        self._is_last_known = name is not None
        if applied is not None and name is not None:
            self.activations.append(replace(fed, activation=name, parameters=applied.parameters, place=place))

    def _normalize(self) -> None:
        if self._waiting is not None:
            self._waiting = replace(self._waiting, batch_normalization="before_activation")
        elif self._is_last_known and self.activations[-1].batch_normalization == "none":
            self.activations[-1] = replace(self.activations[-1], batch_normalization="after_activation")

    def _name(self, part: Part) -> str:
        if part.name is not None:
            return part.name
        self._counts[part.kind] = self._counts.get(part.kind, 0) + 1
        return f"{part.kind}_{self._counts[part.kind]}"
