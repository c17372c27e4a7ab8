"""A table with text columns and empty cells: which customers leave, from the CSV to a prediction.

Run `satnet up` in another terminal, then `.venv/bin/python examples/own_table.py`.
"""

import csv
import random
import tempfile
from pathlib import Path

from satnet import Client

CITIES, PLANS = ["Bonn", "Köln", "Ulm", "Trier"], ["basic", "family", "business"]


def write_customers(path, rows=800):
    """Whoever calls support often and pays monthly leaves; a tenth of the ages and of the plans is unknown."""
    draw = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "city", "plan", "calls", "pays", "left"])
        for _ in range(rows):
            age, plan = draw.randint(18, 80), draw.choice(PLANS)
            calls, pays = draw.randint(0, 9), draw.choice(["monthly", "yearly"])
            leaves = calls + 3 * (pays == "monthly") - 2 * (plan == "business") + draw.gauss(0, 1) > 6
            shown = ["" if draw.random() < 0.1 else cell for cell in (age, plan)]
            writer.writerow([shown[0], draw.choice(CITIES), shown[1], calls, pays, "yes" if leaves else "no"])


def spec(dataset):
    """A small network; empty numbers become the median, empty categories the most frequent one."""
    return {
        "name": "customers",
        "dataset": {
            "name": dataset,
            "target": "left",
            "missing": "median",
            "standardize": "per_feature",
            "validation_fraction": 0.2,
        },
        "layers": [
            {"type": "dense", "units": 16, "activation": "tanh"},
            {"type": "dense", "units": 2, "activation": "softmax"},
        ],
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "training": {"epochs": 25, "batch_size": 32},
        "seed": 1,
    }


with Client() as client, tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "customers.csv"
    write_customers(path)
    dataset = client.datasets.create(path)
    for warning in dataset.warnings:
        print(warning["message"])

    experiment = client.experiments.create(spec(dataset.id)).wait()
    print(f"{experiment.id}: test accuracy {experiment['summary']['test']['accuracy']:.2f}")

    angry = {"age": 44, "city": "Ulm", "plan": "family", "calls": 9, "pays": "monthly"}
    calm = {"age": None, "city": "Rome", "plan": "business", "calls": 0, "pays": "yearly"}  # Rome is in no row
    answer = client.experiments.predict(experiment.id, [angry, calm])
    for customer, label in zip((angry, calm), answer.labels, strict=True):
        print(f"{customer['calls']} calls, pays {customer['pays']}: leaves? {label}")
