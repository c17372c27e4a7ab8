"""Sweeps that tests post: small networks on digits."""

BASE = {
    "dataset": {"name": "digits", "train_size": 300, "validation_fraction": 0.3},
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 8, "activation": "tanh"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "training": {"epochs": 3, "batch_size": 32},
    "seed": 1,
}
GRID = {
    "base": BASE,
    "parameters": {
        "/optimizer/learning_rate": [0.001, 0.01],
        "/layers/1/kernel_initializer": ["glorot_uniform", "he_normal"],
    },
}


def grid(**changes):
    return GRID | changes


def base(**changes):
    return BASE | changes
