"""Several experiments at once with AsyncClient: the learning rate from far too low to far too high.

Run `satnet up --workers 2` in another terminal, then `.venv/bin/python examples/learning_rates_async.py`.
"""

import asyncio

from satnet import AsyncClient

RATES = (0.0001, 0.01, 1.0, 100.0)


def spec(rate):
    """The same network and seed, another learning rate."""
    return {
        "name": f"learning rate {rate}",
        "dataset": {"name": "digits", "validation_fraction": 0.2},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 25, "activation": "tanh"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "optimizer": {"name": "sgd", "learning_rate": rate},
        "training": {"epochs": 5, "batch_size": 32},
        "seed": 1,
    }


async def trained(client, rate):
    """Submit one experiment and return it when it is over."""
    return await (await client.experiments.create(spec(rate))).wait()


async def main():
    """Train all of them and print how each ended."""
    async with AsyncClient() as client:
        experiments = await asyncio.gather(*(trained(client, rate) for rate in RATES))
        for rate, experiment in zip(RATES, experiments, strict=True):
            accuracy = (await experiment.epochs())[-1]["validation"]["accuracy"]
            rules = ", ".join(finding["rule"] for finding in experiment.document["findings"])
            print(f"{rate:g}: {experiment.status}, accuracy {accuracy}, findings: {rules or 'none'}")


asyncio.run(main())
