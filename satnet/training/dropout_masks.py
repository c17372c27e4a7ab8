"""Dropout from masks that were drawn before the step.

XLA draws random numbers on a CPU ten times slower than TensorFlow's own kernel, which draws a chunk's at once.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf


@contextlib.contextmanager
def masked(dropouts: Sequence[Any], masks: Sequence[Any]) -> Iterator[None]:
    """While a step is traced, let Keras's dropout layers keep what masks (batch, ...) say instead of drawing."""
    try:
        for layer, mask in zip(dropouts, masks, strict=True):
            layer.call = functools.partial(_kept, mask, 1.0 / (1.0 - layer.rate))
        yield
    finally:
        for layer in dropouts:
            vars(layer).pop("call", None)


def _kept(mask: Any, scale: float, inputs: Any, training: bool = False) -> Any:
    return tf.where(mask, inputs * scale, tf.zeros_like(inputs)) if training else inputs
