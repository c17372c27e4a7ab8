"""What is known of each dataset before anything is loaded."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from satnet.spec.named import Frozen

NAMES = ("digits", "mnist", "fashion_mnist", "cifar10", "xor", "spirals", "gaussian", "diabetes")
_OPTIONS: dict[str, dict[str, float]] = {
    "gaussian": {"features": 784, "classes": 10, "samples": 4096},
    "xor": {"samples": 512, "noise": 0.25},
    "spirals": {"samples": 1500, "classes": 3, "noise": 0.02},
}
_DEFAULT_OPTIONS = ("features", "classes", "samples", "noise")


class Dataset(Frozen):
    """Which rows, how many, and how they are standardized."""

    name: Literal["digits", "mnist", "fashion_mnist", "cifar10", "xor", "spirals", "gaussian", "diabetes"] | None = None
    """A dataset of the list below."""
    path: str | None = None
    """An `.npz` file; `satnet run` only."""
    standardize: Literal["none", "global", "per_feature", "minmax"] = "global"
    """Fitted on the training rows; `global` uses one mean and standard deviation for all values."""
    train_size: Annotated[int, Field(ge=1)] | None = None
    """First n training rows of a seeded, stratified shuffle; null: all."""
    test_size: Annotated[int, Field(ge=1)] | None = None
    """First n test rows of a seeded, stratified shuffle; null: all."""
    validation_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the training rows held out for validation; 0: the test rows validate."""
    standardize_target: bool = True
    """Regression: train on the standardized target; errors are reported in its own units."""
    split_seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Seed of the rows: split, folds, validation and probe rows, generated data; null: the experiment's `seed`."""
    features: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Features of generated rows."""
    classes: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Classes of generated rows."""
    samples: Annotated[int, Field(ge=20, le=1_000_000)] | None = None
    """Generated rows; a fifth of them are test rows."""
    noise: Annotated[float, Field(ge=0)] | None = None
    """Standard deviation of the noise added to generated rows."""

    def options(self) -> dict[str, float]:
        """The generator's options that this dataset has, defaults included."""
        return _OPTIONS.get(self.name or "", {})

    def foreign(self) -> list[str]:
        """Options that were given and this dataset has not."""
        given = [key for key in _DEFAULT_OPTIONS if getattr(self, key) is not None]
        return [key for key in given if key not in self.options()]


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset's shape before any row is left out."""

    input_shape: tuple[int, ...]
    classes: int | None
    train_rows: int
    test_rows: int
    task: Literal["classification", "regression"]
    raw_input: tuple[float, float] | None = None  # mean and std of the unstandardized training rows


_FIXED = {
    "digits": DatasetInfo((8, 8), 10, 1437, 360, "classification", (4.88, 6.02)),
    "mnist": DatasetInfo((28, 28), 10, 60_000, 10_000, "classification", (33.3, 78.6)),
    "fashion_mnist": DatasetInfo((28, 28), 10, 60_000, 10_000, "classification", (72.9, 90.0)),
    "cifar10": DatasetInfo((32, 32, 3), 10, 50_000, 10_000, "classification", (120.7, 64.2)),
    "diabetes": DatasetInfo((10,), None, 354, 88, "regression", (62.5, 59.7)),
}


def dataset_info(dataset: Dataset) -> DatasetInfo | None:
    """The dataset's shape; None for a file, which only the worker can open."""
    if dataset.name is None:
        return None
    if dataset.name in _FIXED:
        return _FIXED[dataset.name]
    samples = dataset.samples or int(dataset.options()["samples"])
    test = samples // 5
    features = dataset.features or 784 if dataset.name == "gaussian" else 2
    classes = 2 if dataset.name == "xor" else dataset.classes or int(dataset.options()["classes"])
    return DatasetInfo((features,), classes, samples - test, test, "classification")
