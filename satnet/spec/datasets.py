"""All that is known of each dataset before anything is loaded, in one description; everything else asks it.

To add a dataset of scikit-learn or Keras, add its name and its description here. One that is generated also needs a
generator in `satnet.training.sources`, and its lines of the exported program in `satnet/script/templates/rows`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from satnet.spec.named import Frozen

Task = Literal["classification", "multi_label", "regression"]
Missing = Literal["refuse", "median", "mean", "most_frequent", "indicator", "drop"]
BuiltIn = Literal["digits", "mnist", "fashion_mnist", "cifar10", "xor", "spirals", "gaussian", "diabetes"]
UploadedId = Annotated[str, Field(pattern=r"^ds_[0-9A-HJKMNP-TV-Z]{26}$")]
_OPTIONS = ("features", "classes", "samples", "noise")
_OF_TABLES = ("task", "target", "categorical", "weight", "split", "resolved")


class Split(Frozen):
    """Which rows of a table are test rows; exactly one of the three."""

    column: str | None = None
    """A column that says train, validation or test."""
    group: str | None = None
    """Rows with the same value in this column stay together: in the training, validation or test rows, or in a fold."""
    time: str | None = None
    """The last rows by this column are the test rows, those before them validate."""


class ResolvedData(Frozen):
    """What a service found out about somebody's own data when the spec was posted; no part of the spec's hash."""

    task: Task
    """As asked for, or as inferred."""
    reason: str
    """Why it was inferred."""
    input_shape: list[int]
    """Of one row, encoded."""
    classes: int | None
    """Classes; null for other tasks."""
    class_names: list[str] | None
    """The classes as text, in the order of the outputs; null for other tasks."""
    targets: int
    """Numbers a row: 1 for classes, else the target's columns."""
    train_rows: int
    """Rows to train on and to validate with."""
    test_rows: int
    """Test rows."""
    target_low: float | None = None
    """Regression: the smallest target."""
    target_high: float | None = None
    """Regression: the largest target."""
    target_mean: float | None = None
    """Regression: the mean target."""
    target_std: float | None = None
    """Regression: the targets' standard deviation."""
    raw_input: tuple[float, float] | None = None
    """Mean and standard deviation of the inputs before they are standardized, where known."""


class Dataset(Frozen):
    """Which rows, how many, and how they are standardized."""

    name: BuiltIn | UploadedId | None = None
    """A dataset of the list below, or the id of an uploaded one."""
    path: str | None = None
    """A file; `satnet run` only."""
    task: Task | None = None
    """Tables only (no upload yet): what is to be learned from own data; null: inferred, and told in `resolved`."""
    target: str | Annotated[list[str], Field(min_length=1, max_length=1000)] | None = None
    """Tables only (no upload yet): the column that is to be predicted, or several."""
    categorical: list[str] | None = None
    """Tables only (no upload yet): columns that hold categories; null: text, booleans and small integer codes."""
    missing: Missing = "refuse"
    """Tables only (no upload yet): what becomes of empty cells and NaN in the features."""
    weight: str | None = None
    """Tables only (no upload yet): a column that weighs the training rows in the loss."""
    split: Split | None = None
    """Tables only (no upload yet): which rows are test rows; null: a seeded, stratified fifth."""
    resolved: ResolvedData | None = None
    """Tables only (no upload yet): what the service found out about own data."""
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

    def options(self) -> Mapping[str, float]:
        """The generator's options that this dataset has, with their defaults."""
        return DATASETS[self.name].options if self.name in DATASETS else {}

    @property
    def downloads(self) -> bool:
        """Whether Keras downloads it where it is not on the machine."""
        return self.name in DATASETS and DATASETS[self.name].downloads

    @property
    def is_regression(self) -> bool:
        """Whether its labels are known to be targets; a file says so by their type."""
        info = dataset_info(self)
        return info is not None and info.task == "regression"

    def misplaced_options(self) -> list[str]:
        """Options that were given and that this dataset does not have."""
        return [key for key in _OPTIONS if getattr(self, key) is not None and key not in self.options()]

    def fields_of_tables(self) -> list[str]:
        """Fields that were given and that only a table has; no service reads one yet."""
        given = [key for key in _OF_TABLES if getattr(self, key) is not None]
        return given + (["missing"] if self.missing != "refuse" else [])


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset's shape before any row is left out."""

    input_shape: tuple[int, ...]
    classes: int | None
    train_rows: int
    test_rows: int
    task: Task
    raw_input: tuple[float, float] | None = None  # mean and std of the unstandardized training rows


@dataclass(frozen=True)
class ScikitLearn:
    """A function of `sklearn.datasets`, its arguments, and where its answer holds the features."""

    function: str
    arguments: Mapping[str, bool] = field(default_factory=dict)
    features: Literal["data", "images"] = "data"


@dataclass(frozen=True)
class DatasetTraits:
    """One dataset.

    Attributes:
        about: what it is, in a line.
        info: its shape, from the spec's options.
        options: those of its generator, with their defaults; none for rows that are as they are.
        downloads: whether Keras downloads it where it is not on the machine.
        scikit_learn: what loads it, for a dataset of scikit-learn.
        stratified: whether its test rows are split off class by class.
    """

    about: str
    info: Callable[[Dataset], DatasetInfo]
    options: Mapping[str, float] = field(default_factory=dict)
    downloads: bool = False
    scikit_learn: ScikitLearn | None = None
    stratified: bool = True


def _fixed(info: DatasetInfo) -> Callable[[Dataset], DatasetInfo]:
    return lambda _: info


def _generated(features: int | None, classes: int | None) -> Callable[[Dataset], DatasetInfo]:
    """Four fifths of the samples to train on; a number that is None is an option of the spec."""

    def info(dataset: Dataset) -> DatasetInfo:
        chosen = dict(dataset.options())
        chosen |= {key: value for key in chosen if (value := getattr(dataset, key)) is not None}
        shape, test = (features or int(chosen["features"]),), int(chosen["samples"]) // 5
        train = int(chosen["samples"]) - test
        return DatasetInfo(shape, classes or int(chosen["classes"]), train, test, "classification")

    return info


DATASETS: dict[str, DatasetTraits] = {
    "digits": DatasetTraits(
        "8 x 8 handwritten digits of scikit-learn, values 0 to 16",
        _fixed(DatasetInfo((8, 8), 10, 1437, 360, "classification", (4.88, 6.02))),
        scikit_learn=ScikitLearn("load_digits", features="images"),
    ),
    "mnist": DatasetTraits(
        "28 x 28 handwritten digits, values 0 to 255",
        _fixed(DatasetInfo((28, 28), 10, 60_000, 10_000, "classification", (33.3, 78.6))),
        downloads=True,
    ),
    "fashion_mnist": DatasetTraits(
        "28 x 28 photographs of clothes, values 0 to 255",
        _fixed(DatasetInfo((28, 28), 10, 60_000, 10_000, "classification", (72.9, 90.0))),
        downloads=True,
    ),
    "cifar10": DatasetTraits(
        "32 x 32 color photographs of ten kinds of things, values 0 to 255",
        _fixed(DatasetInfo((32, 32, 3), 10, 50_000, 10_000, "classification", (120.7, 64.2))),
        downloads=True,
    ),
    "xor": DatasetTraits(
        "points around the corners of a square; the class says whether the signs differ",
        _generated(2, 2),
        options={"samples": 512, "noise": 0.25},
    ),
    "spirals": DatasetTraits(
        "interleaved spiral arms, one for each class",
        _generated(2, None),
        options={"samples": 1500, "classes": 3, "noise": 0.02},
    ),
    "gaussian": DatasetTraits(
        "standard-normal features, labeled by a random linear map; theory predicts its saturation",
        _generated(None, None),
        options={"features": 784, "classes": 10, "samples": 4096},
        stratified=False,
    ),
    "diabetes": DatasetTraits(
        "442 patients of scikit-learn, unscaled; the target is the progression of their disease",
        _fixed(DatasetInfo((10,), None, 354, 88, "regression", (62.5, 59.7))),
        scikit_learn=ScikitLearn("load_diabetes", {"scaled": False}),
        stratified=False,
    ),
}


def dataset_info(dataset: Dataset) -> DatasetInfo | None:
    """The dataset's shape; None for a file, which only the worker can open."""
    return DATASETS[dataset.name].info(dataset) if dataset.name in DATASETS else None
