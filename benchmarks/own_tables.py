"""A table in satnet beside stock Keras with preprocessing by hand: how good both are, and seconds an epoch.

    .venv/bin/python benchmarks/own_tables.py [--seeds 5] [--rows 100000]

Quality: 2,000 rows with text columns and empty cells, a classification and a regression, the same split and seeds.
Speed: a table of 40 columns (8 of them categories), a weight for each row, batch 64; satnet measures, Keras does not.
"""

import argparse
import statistics
import time
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from satnet.spec import ExperimentSpec, parse_spec
from satnet.spec.datasets import ResolvedData
from satnet.spec.table_plan import EncodedColumn, TablePlan
from satnet.training import row_cache
from satnet.training.own_data import table_rows
from satnet.training.run import train
from satnet.training.source import own_source

CATEGORIES = ("a", "b", "c", "d", "e")


def table(rows: int, numbers: int, texts: int, *, empty: float) -> pandas.DataFrame:
    """Numbers and texts that a class and a price depend on; a share of the cells is empty."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, numbers))
    c = rng.integers(0, len(CATEGORIES), (rows, texts))
    score = x @ rng.normal(size=numbers) / numbers**0.5 + rng.normal(size=(texts, len(CATEGORIES)))[
        np.arange(texts), c
    ].sum(axis=1)
    score = score + 0.5 * np.tanh(3 * x[:, 0]) * x[:, 1] + rng.normal(0, 0.3, rows)
    frame = pandas.DataFrame(x * np.logspace(-3, 5, numbers), columns=[f"n{place}" for place in range(numbers)])
    for place in range(texts):
        frame[f"t{place}"] = np.array(CATEGORIES)[c[:, place]]
    if empty:
        frame = frame.mask(rng.random(frame.shape) < empty)
    return frame.assign(
        kind=np.where(score > 0, "yes", "no"), price=3e5 + 1e5 * score, weight=rng.uniform(0.5, 1.5, rows)
    )


def plan_of(frame: pandas.DataFrame, task: str, weight: str | None) -> TablePlan:
    """What the service would plan."""
    columns = tuple(
        EncodedColumn(name, "categories", CATEGORIES) if name[0] == "t" else EncodedColumn(name, "number")
        for name in frame.columns[:-3]
    )
    classes = ("no", "yes") if task == "classification" else None
    return TablePlan(columns, ("kind" if classes else "price",), task, classes, "median", weight, None)


def spec_of(plan: TablePlan, rows: int, seed: int, epochs: int, batch: int) -> ExperimentSpec:
    """One hidden layer, Adam."""
    classes = plan.classes is not None
    output = {"units": 1, "activation": "sigmoid"} if classes else {"units": 1}
    spec = parse_spec(
        {
            "dataset": {"name": "xor" if classes else "diabetes", "standardize": "per_feature"},
            "layers": [{"type": "dense", "units": 32, "activation": "tanh"}, {"type": "dense", **output}],
            "loss": "binary_crossentropy" if classes else "mean_squared_error",
            "optimizer": {"name": "adam", "learning_rate": 0.003},
            "training": {"epochs": epochs, "batch_size": batch},
            "seed": seed,
        }
    )
    about = ResolvedData(
        task=plan.task,
        reason="",
        input_shape=[plan.width],
        classes=2 if classes else None,
        class_names=list(plan.classes) if plan.classes else None,
        targets=1,
        train_rows=rows - rows // 5,
        test_rows=rows // 5,
    )
    return spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"resolved": about})})


def ours(frame: pandas.DataFrame, plan: TablePlan, spec: ExperimentSpec) -> tuple[float, float]:
    """Accuracy or R2 of the test rows, and the median epoch's seconds after the first."""
    source = own_source(spec, table_rows(frame, spec.dataset.resolved, plan))
    seconds: list[float] = []
    row_cache.forget()
    with mock.patch.object(row_cache, "load_source", return_value=source):
        extra = train(
            spec, data_dir=Path("nowhere"), on_epoch=lambda record: seconds.append(record["seconds"])
        ).summary_extra
    score = extra["r2"] if plan.classes is None else extra["test"]["accuracy"]
    return float(score), statistics.median(seconds[2:])


def by_hand(frame: pandas.DataFrame, plan: TablePlan, spec: ExperimentSpec) -> tuple[float, float]:
    """The same with scikit-learn and Keras alone."""
    keras.utils.set_random_seed(int(spec.seed or 0))
    features = [column.name for column in plan.columns]
    texts = [name for name in features if name[0] == "t"]
    encoder = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
                [name for name in features if name not in texts],
            ),
            (
                "texts",
                make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)),
                texts,
            ),
        ]
    )
    y = (frame["kind"] == "yes").to_numpy(float) if plan.classes else frame["price"].to_numpy()
    train_rows, test_rows = train_test_split(
        np.arange(len(frame)),
        test_size=len(frame) // 5,
        random_state=spec.seed,
        stratify=y if plan.classes else None,
    )
    x = encoder.fit_transform(frame[features].iloc[train_rows]).astype(np.float32)
    x_test = encoder.transform(frame[features].iloc[test_rows]).astype(np.float32)
    mean, std = (0.0, 1.0) if plan.classes else (y[train_rows].mean(), y[train_rows].std())
    model = keras.Sequential(
        [
            keras.Input((x.shape[1],)),
            keras.layers.Dense(32, "tanh"),
            keras.layers.Dense(1, "sigmoid" if plan.classes else None),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), spec.loss, weighted_metrics=["accuracy"] if plan.classes else [])
    weights = None if plan.weight is None else frame[plan.weight].to_numpy()[train_rows].astype(np.float32)
    seconds = []
    for _ in range(spec.training.epochs):
        began = time.perf_counter()
        target = ((y[train_rows] - mean) / std).astype(np.float32)[:, None]
        model.fit(x, target, batch_size=spec.training.batch_size, sample_weight=weights, verbose=0)
        seconds.append(time.perf_counter() - began)
    guess = model.predict(x_test, verbose=0)[:, 0] * std + mean
    truth = y[test_rows]
    score = np.mean((guess > 0.5) == (truth > 0.5)) if plan.classes else r2_score(truth, guess)
    return float(score), statistics.median(seconds[1:])


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    small = table(2000, 6, 3, empty=0.05)
    for task, called in (("classification", "accuracy"), ("regression", "R2")):
        plan = plan_of(small, task, None)
        specs = [spec_of(plan, len(small), seed, 30, 32) for seed in range(arguments.seeds)]
        pairs = [(ours(small, plan, spec)[0], by_hand(small, plan, spec)[0]) for spec in specs]
        for name, scores in zip(("satnet", "Keras and scikit-learn by hand"), zip(*pairs, strict=True), strict=True):
            spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
            print(f"{called}, {name}: {statistics.mean(scores):.4f}, standard deviation {spread:.4f}", flush=True)
        gaps = [first - second for first, second in pairs]
        print(f"{called}, difference by seed: {', '.join(f'{gap:+.4f}' for gap in gaps)}", flush=True)
    large = table(arguments.rows, 32, 8, empty=0.02)
    plan = plan_of(large, "classification", "weight")
    spec = spec_of(plan, len(large), 0, 5, 64)
    (_, fast), (_, slow) = ours(large, plan, spec), by_hand(large, plan, spec)
    print(
        f"{arguments.rows:,} x 40, batch 64, weights: satnet {fast:.3f} s an epoch, Keras {slow:.2f} s, "
        f"{slow / fast:.0f} times as long"
    )


if __name__ == "__main__":
    main()
