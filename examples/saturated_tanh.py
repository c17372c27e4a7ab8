"""A deep tanh network that starts saturated, its diagnosis, and the remedy posted back.

Run `satnet up` in another terminal, then `.venv/bin/python examples/saturated_tanh.py`. SATNET_URL names a service
elsewhere.
"""

from satnet import Client

WIDE = {"name": "random_uniform", "minval": -1.0, "maxval": 1.0}
SPEC = {
    "name": "deep tanh",
    "dataset": {"name": "digits", "validation_fraction": 0.2},
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 50, "activation": "tanh", "kernel_initializer": WIDE, "repeat": 4},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
    "training": {"epochs": 10, "batch_size": 64},
    "seed": 1,
}


def show(experiment):
    """Print the saturation of each hidden layer before training and at the end."""
    first, last = experiment.epochs[0], experiment.epochs[-1]
    print(f"{experiment.id}: validation accuracy {last['validation']['accuracy']:.3f}")
    for before, after in zip(first["layers"], last["layers"], strict=True):
        print(f"  {before['name']}: {before['saturated_fraction']:.0%} -> {after['saturated_fraction']:.0%} saturated")


with Client() as client:
    sick = client.experiments.create(SPEC).wait()
    show(sick)
    worst = sick.findings[0]
    print(f"\n{worst.severity}: {worst.explanation}\n")

    healed = worst.remedy().wait()
    show(healed)
    verdict = client.experiments.compare(sick.id, healed.id)["verdict"]
    print(f"{verdict['verdict']}: {verdict['reason']}")
