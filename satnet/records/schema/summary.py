"""The summary of an experiment: how it ended, its folds, and what they say together."""

from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from satnet.records.schema.about import About, measures
from satnet.records.schema.epoch import LayerRecord, Metrics, Number
from satnet.records.schema.quality import Quality, RowsCurves

Interval = list[float]  # [low, high]
LayerEnd = dict[str, Number]  # the fields of LayerRecord that are `summarised`
LAYER_SUMMARY = tuple(name for name, measure in measures(LayerRecord).items() if measure.summarised)


class EpochEnd(TypedDict):
    """The metrics of one epoch."""

    epoch: Annotated[int, About("The epoch.")]
    fold: NotRequired[Annotated[int | None, About("The fold; null without cross-validation.")]]
    train: Annotated[Metrics, About("On the training rows.")]
    validation: Annotated[Metrics, About("On the validation rows.")]


class LayerSummary(TypedDict):
    """A hidden activation before and after training."""

    name: Annotated[str, About("The layer's name.")]
    activation: Annotated[str, About("The activation's name.")]
    units: Annotated[int, About("Units; of a convolution, channels.")]
    epoch_0: Annotated[LayerEnd, About(f"At epoch 0: {', '.join(LAYER_SUMMARY)}.")]
    final: Annotated[LayerEnd, About("The same at the last measured epoch.")]


class Ends(TypedDict):
    """How one run ended."""

    final: Annotated[EpochEnd | None, About("The last measured epoch.")]
    best: Annotated[EpochEnd | None, About("The epoch with the smallest validation loss.")]
    seconds: Annotated[float, About("Training and measuring, in seconds.")]
    layers: Annotated[list[LayerSummary], About("Hidden activations in order.")]


class FoldExtra(TypedDict):
    """What training adds to a fold's ends."""

    fold: Annotated[int, About("The fold, from 0.")]
    test: NotRequired[Annotated[Metrics, About("On the test rows; absent where training was cut.")]]
    worker: NotRequired[
        Annotated[str | None, About("The worker that helped with the fold; null: the experiment's own.")]
    ]


class FoldSummary(Ends, FoldExtra):
    """How one fold ended."""


class MeanSpread(TypedDict):
    """A number over folds."""

    mean: Annotated[float, About("Mean over the folds.")]
    std: Annotated[float, About("Standard deviation of a sample.")]
    interval: Annotated[Interval | None, About("Interval of the mean at `level`, with Nadeau and Bengio's correction.")]


LayerSpreads = dict[str, str | MeanSpread | None]  # name, activation, and each summarised field
MetricSpreads = dict[str, MeanSpread | None]  # metric -> its spread; null where a fold has no such number


class CrossValidationSummary(TypedDict):
    """What the folds say together."""

    folds: Annotated[int, About("How many folds are over.")]
    level: Annotated[float, About("Level of the intervals, 0.95.")]
    train: Annotated[MetricSpreads, About("Final training metrics.")]
    validation: Annotated[MetricSpreads, About("Final validation metrics.")]
    test: Annotated[MetricSpreads | None, About("Test metrics; null until every fold has them.")]
    layers: Annotated[
        list[LayerSpreads], About("Each hidden activation's name, activation and spread of its summarised fields.")
    ]


class Rows(TypedDict):
    """How many rows each set has."""

    train: Annotated[int, About("Training rows.")]
    validation: Annotated[int, About("Validation rows.")]
    test: Annotated[int, About("Test rows.")]


class ModelFile(TypedDict):
    """The trained model's file."""

    bytes: Annotated[int, About("Its size in bytes.")]
    sha256: Annotated[str, About("Its SHA-256.")]


class SummaryExtra(TypedDict, total=False):
    """What training adds to the epochs."""

    test: Annotated[Metrics, About("Metrics on the test rows.")]
    dataset: Annotated[dict[str, Any], About("Statistics that standardized the inputs.")]
    parameters: Annotated[int, About("Parameters of the network.")]
    rows: Annotated[Rows, About("How many rows each set has.")]
    confusion_matrix: Annotated[list[list[int]], About("Test rows: row = true class, column = predicted class.")]
    r2: Annotated[Number, About("Regression: coefficient of determination on the test rows.")]
    root_mean_squared_error: Annotated[float, About("Regression: on the test rows, in the target's own units.")]
    quality: Annotated[Quality, About("Class by class or target by target, on validation and test rows.")]
    curves: Annotated[
        RowsCurves,
        About("ROC and precision-recall curves: of two classes, and of up to 20 where `training.metrics` has an area."),
    ]
    model: Annotated[ModelFile | None, About("The trained model's file; null where it was not kept.")]


class TrainingExtra(SummaryExtra):
    """The same with what training adds to each fold."""

    folds: NotRequired[Annotated[list[FoldExtra], About("Each fold that was trained to its end.")]]


class Summary(Ends, SummaryExtra):
    """How an experiment ended; with folds, `final` and `layers` are the last fold's."""

    folds: NotRequired[Annotated[list[FoldSummary], About("Each fold's own.")]]
    cross_validation: NotRequired[Annotated[CrossValidationSummary | None, About("Over the folds; null below two.")]]
