"""What SaturationMonitor costs in somebody's own fit: 60,000 x 784 rows, batch 64, epochs with and without it in turn.

.venv/bin/python benchmarks/monitor_cost.py
"""

import statistics
import time

import keras
import numpy as np

from satnet import SaturationMonitor

ROWS, FEATURES, PAIRS = 60_000, 784, 7


class Clock(keras.callbacks.Callback):
    """Seconds from the start of the first epoch to the end of training, other callbacks included."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras's signature
        """Start, once."""
        if epoch == 0:
            self.began = time.perf_counter()

    def on_train_end(self, logs: object = None) -> None:  # noqa: ARG002 - Keras's signature
        """Stop."""
        self.seconds = time.perf_counter() - self.began


def network(hidden: list[int]) -> keras.Model:
    """A compiled classifier."""
    layers = [keras.layers.Dense(units, activation="tanh") for units in hidden]
    model = keras.Sequential([keras.Input((FEATURES,)), *layers, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def seconds(model: keras.Model, x: np.ndarray, y: np.ndarray, callbacks: list[keras.callbacks.Callback]) -> float:
    """One epoch, the monitor's epoch-0 pass and compilation left out."""
    clock = Clock()
    model.fit(x, y, batch_size=64, epochs=1, verbose=0, callbacks=[clock, *callbacks])
    return clock.seconds


def main() -> None:
    """Print medians and their ratio for two networks."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, ROWS)]
    for hidden in ([25], [256, 128]):
        model = network(hidden)
        monitor = SaturationMonitor(x, y, verbose=False)
        model.fit(x[:6400], y[:6400], batch_size=64, verbose=0, callbacks=[monitor])  # everything is traced
        without, measured = [], []
        for pair in range(PAIRS):
            order = ((without, []), (measured, [monitor]))
            for times, callbacks in order if pair % 2 else order[::-1]:
                times.append(seconds(model, x, y, callbacks))
        bare, whole = statistics.median(without), statistics.median(measured)
        print(f"784-{hidden}-10: {bare:.2f} s an epoch, {whole:.2f} s with the monitor, ratio {whole / bare:.3f}")


if __name__ == "__main__":
    main()
