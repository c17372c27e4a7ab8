"""House prices: a target of several 100,000, columns from 0.001 to 100,000, and an answer in the target's own units.

Run `satnet up` in another terminal, then `.venv/bin/python examples/own_regression.py`.
"""

import csv
import random
import tempfile
from pathlib import Path

from satnet import Client


def write_houses(path, rows=1000):
    """The price grows with the area and falls with age and noise."""
    draw = random.Random(3)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["area", "year", "radon", "garden", "heating", "price"])
        for _ in range(rows):
            area, year = draw.uniform(50, 250), draw.randint(1900, 2020)
            radon, garden = draw.uniform(0.001, 0.01), draw.uniform(0, 100_000)
            heating = draw.choice(["gas", "oil", "heat pump"])
            price = 2500 * area + 900 * (year - 1900) - 5e6 * radon + 0.5 * garden + 40_000 * (heating == "heat pump")
            writer.writerow(
                [round(area), year, f"{radon:.5f}", round(garden), heating, round(price + draw.gauss(0, 9000))]
            )


def spec(dataset):
    """`per_feature`, because the columns' scales differ by a factor of 10 million."""
    return {
        "name": "houses",
        "dataset": {"name": dataset, "target": "price", "standardize": "per_feature", "validation_fraction": 0.2},
        "layers": [
            {"type": "dense", "units": 32, "activation": "relu", "kernel_initializer": "he_normal"},
            {"type": "dense", "units": 1},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "training": {"epochs": 30, "batch_size": 32},
        "seed": 1,
    }


with Client() as client, tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "houses.csv"
    write_houses(path)
    dataset = client.datasets.create(path)
    experiment = client.experiments.create(spec(dataset.id)).wait()
    summary = experiment["summary"]
    print(f"R2 {summary['r2']:.3f}, mean error {summary['test']['mean_absolute_error']:,.0f}")

    house = {"area": 120, "year": 1985, "radon": 0.004, "garden": 600, "heating": "gas"}
    ((price,),) = client.experiments.predict(experiment.id, [house])
    print(f"price {price:,.0f}, expected 356,800")
