"""All numbers of a probe pass as one vector: fetching hundreds of small tensors took longer than computing them."""

import math
from typing import Any

import numpy as np
import tensorflow as tf


class Packing:
    """Lays groups of small tensors end to end, and takes the vector apart again."""

    def pack(self, layers: list[dict[str, Any]], network: dict[str, Any]) -> Any:
        """Float64, in the order that `unpack` knows; runs while the pass is traced."""
        groups = [*layers, network]
        self._layout = [[(key, tuple(value.shape)) for key, value in group.items()] for group in groups]
        return tf.concat(
            [tf.reshape(tf.cast(value, tf.float64), [-1]) for group in groups for value in group.values()], axis=0
        )

    def unpack(self, vector: np.ndarray) -> tuple[list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
        """The layers' numbers, and the network's."""
        groups, start = [], 0
        for keys in self._layout:
            group = {}
            for key, shape in keys:
                stop = start + math.prod(shape)
                group[key] = vector[start:stop].reshape(shape)
                start = stop
            groups.append(group)
        return groups[:-1], groups[-1]
