"""A class in 3 of 100 rows: class weights find more of it, and the area under the precision-recall curve says how well.

Run `satnet up` in another terminal, then `.venv/bin/python examples/own_rare_class.py`.
"""

import csv
import random
import tempfile
from pathlib import Path

from satnet import Client


def write_payments(path, rows=4000):
    """Fraud is more likely late at night, for large amounts and new accounts."""
    draw = random.Random(2)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["amount", "hour", "account_days", "fraud"])
        for row in range(rows):
            fraud = row % 100 < 3
            amount = draw.lognormvariate(5 if fraud else 4, 0.8)
            hour = draw.gauss(4 if fraud else 14, 4) % 24
            days = draw.expovariate(1 / (250 if fraud else 700))
            writer.writerow([f"{amount:.2f}", f"{hour:.1f}", f"{days:.0f}", int(fraud)])


def spec(dataset, class_weight):
    """The same network and seed with and without class weights."""
    return {
        "name": f"payments, class weights {class_weight or 'none'}",
        "dataset": {"name": dataset, "target": "fraud", "standardize": "per_feature", "validation_fraction": 0.2},
        "layers": [
            {"type": "dense", "units": 16, "activation": "relu", "kernel_initializer": "he_normal"},
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ],
        "loss": "binary_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "training": {"epochs": 15, "batch_size": 64, "class_weight": class_weight, "metrics": ["recall", "pr_auc"]},
        "seed": 1,
    }


with Client() as client, tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "payments.csv"
    write_payments(path)
    dataset = client.datasets.create(path)
    for class_weight in (None, "balanced"):
        experiment = client.experiments.create(spec(dataset.id, class_weight)).wait()
        test = experiment["summary"]["test"]
        print(f"class_weight {class_weight}: recall {test['recall']:.2f}, PR AUC {test['pr_auc']:.2f}")

    night = {"amount": 900, "hour": 3, "account_days": 10}
    answer = client.experiments.predict(experiment.id, [night, night | {"hour": 14, "amount": 20}])
    print(f"fraud? {', '.join(answer.labels)}")
