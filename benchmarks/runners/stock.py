"""Keras's own `fit`. `stock.py WORK plain|steps|jit|callback|tensorboard`."""

import sys
import tempfile

import keras
import numpy as np

from runners import work
from runners.ours import spec_of
from satnet.training.network import build_network
from satnet.training.optimizer import build_optimizer

STEPS = 500  # a call, with `steps`


class Watching(keras.callbacks.Callback):
    """What people write by hand: predict all activations every epoch, and count what lies in a tail."""

    def __init__(self, taps: keras.Model, rows: np.ndarray) -> None:
        """`taps` has every activation as an output."""
        super().__init__()
        self._taps, self._rows = taps, rows

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras's signature
        """The share of each layer's outputs beyond 0.95, its mean and spread, and five percentiles."""
        for output in self._taps.predict(self._rows, batch_size=len(self._rows), verbose=0):
            (np.abs(output) > 0.95).mean(), output.mean(), output.std(), np.percentile(output, [2, 15, 50, 85, 98])


def main(name: str, kind: str) -> None:
    """Serve."""
    spec = spec_of(name)
    x, labels = work.floats()
    y, batch = work.one_hot(labels), spec.training.batch_size
    network = build_network(spec, (work.FEATURES,), None)
    network.model.compile(
        build_optimizer(spec),
        spec.loss,
        metrics=["accuracy"],
        steps_per_execution=STEPS if kind == "steps" else 1,
        jit_compile=kind == "jit",
    )
    rows = work.ROWS if batch > 1 else work.SHORT
    callbacks: list[keras.callbacks.Callback] = []
    if kind == "callback":
        taps = keras.Model(network.model.inputs, [tap.a for tap in network.hidden])
        callbacks = [Watching(taps, x[: work.PROBED])]
    if kind == "tensorboard":
        callbacks = [keras.callbacks.TensorBoard(tempfile.mkdtemp(), histogram_freq=1)]

    def epoch(rows: int = rows) -> None:
        network.model.fit(x[:rows], y[:rows], batch_size=batch, callbacks=callbacks, verbose=0)

    epoch(batch * STEPS + rows % batch)
    work.serve(epoch, work.ROWS / rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
