"""Keras's kernel regularizers with strengths that can be changed without another program."""

from typing import Any

import keras
import tensorflow as tf

from satnet.spec.regularizers import Regularizer

_KINDS = {"l1": keras.regularizers.L1, "l2": keras.regularizers.L2, "l1_l2": keras.regularizers.L1L2}


class Penalty(keras.regularizers.Regularizer):
    """Keras's L1, L2 and L1L2 with strengths that are variables, so that other ones need no other program.

    Attributes:
        l1, l2: scalar variables; None for a part that this kind does not have.
    """

    def __init__(self, kind: type, parameters: dict[str, float]) -> None:
        plain = vars(kind(**parameters))
        self.l1, self.l2 = (
            None if plain.get(part) is None else tf.Variable(plain[part], trainable=False, dtype=tf.float32)
            for part in ("l1", "l2")
        )
        self._kind = kind

    def __call__(self, x: Any) -> Any:
        total = tf.zeros((), x.dtype)
        if self.l1 is not None:
            total += tf.cast(self.l1, x.dtype) * tf.reduce_sum(tf.abs(x))
        if self.l2 is not None:
            total += tf.cast(self.l2, x.dtype) * tf.reduce_sum(tf.square(x))
        return total

    def strengths(self) -> tuple[float, float]:
        """(l1, l2), 0 for a part that there is not."""
        return tuple(0.0 if part is None else float(part) for part in (self.l1, self.l2))  # type: ignore[return-value]  # two

    def take(self, other: "Penalty") -> None:
        """Have the strengths of another one of this kind."""
        for mine, theirs in ((self.l1, other.l1), (self.l2, other.l2)):
            if mine is not None:
                mine.assign(theirs)

    def plain(self) -> Any:
        """Keras's own with the same strengths, which a saved model can hold."""
        parts = {"l1": self.l1, "l2": self.l2}
        return self._kind(**{part: float(value) for part, value in parts.items() if value is not None})


def build_regularizer(named: Regularizer | None) -> Penalty | None:
    """The penalty of that name; None for none."""
    return None if named is None else Penalty(_KINDS[named.name], dict(named.parameters))


def strengths(layer: Any) -> tuple[float, float] | None:
    """(l1, l2) of a layer's kernel; None where it has no regularizer."""
    penalty = layer.kernel_regularizer
    return None if penalty is None else penalty.strengths()
