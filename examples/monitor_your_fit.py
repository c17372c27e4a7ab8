"""SaturationMonitor in a `model.fit` of your own: the same measurements and findings, without a service.

Run `.venv/bin/python examples/monitor_your_fit.py`.
"""

import keras
import numpy as np

from satnet import SaturationMonitor

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
x = rng.normal(size=(1000, 20)) * 10  # forgotten: standardization
y = (x[:, 0] * x[:, 1] > 0).astype("int32")

model = keras.Sequential(
    [keras.Input((20,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(2, activation="softmax")]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

monitor = SaturationMonitor(x, y, verbose=False)
model.fit(x, y, epochs=5, verbose=0, callbacks=[monitor])

for record in monitor.epochs:
    layer = record["layers"][0]
    print(f"epoch {record['epoch']}: {layer['saturated_fraction']:.0%} saturated, gate {layer['gate']:.2f}")
for finding in monitor.findings:
    print(f"{finding['severity']}: {finding['explanation']}")
