"""Which initializer is best for a deep tanh network? A sweep with three seeds per point, and how certain the answer is.

Run `satnet up` in another terminal, then `.venv/bin/python examples/compare_initializers.py`.
"""

from satnet import Client

WIDE = {"label": "uniform +-1", "value": {"name": "random_uniform", "minval": -1.0, "maxval": 1.0}}
SWEEP = {
    "name": "initializers",
    "base": {
        "dataset": {"name": "digits", "validation_fraction": 0.2},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 25, "activation": "tanh", "repeat": 3},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.003},
        "training": {"epochs": 8, "batch_size": 64},
        "seed": 1,
    },
    "parameters": {"/layers/1/kernel_initializer": [WIDE, "random_normal", "glorot_uniform", "he_normal"]},
    "repeats": 3,
    "objective": {"metric": "validation.accuracy"},
}

with Client() as client:
    sweep = client.sweeps.create(SWEEP).wait()
    for trial in sweep.trials(sort="-value"):
        print(f"{trial['value']:.3f}", *trial["parameters"].values())
    answer = sweep.ranking()
    print(f"{answer['verdict']}: {answer['message']}")
