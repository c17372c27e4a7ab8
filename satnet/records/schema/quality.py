"""How good predictions are, class by class or target by target, and the curves behind the areas."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from satnet.records.schema.about import About
from satnet.records.schema.epoch import Number


class ClassQuality(TypedDict):
    """One class, or one label of a multi-label task."""

    label: Annotated[str, About("Its name; its number where it has none.")]
    precision: Annotated[Number, About("Of the rows said to be of it, the share that is; null where there are none.")]
    recall: Annotated[Number, About("Of its rows, the share said to be of it; null where there are none.")]
    f1: Annotated[Number, About("Harmonic mean of the two; null where it has no rows, and none are said to be of it.")]
    support: Annotated[int, About("Its rows.")]
    confusion_matrix: NotRequired[
        Annotated[list[list[int]], About("Multi-label: rows without and with it; column = predicted.")]
    ]
    roc_auc: NotRequired[Annotated[Number, About("Against the rest; null where all or no rows are of it.")]]
    pr_auc: NotRequired[Annotated[Number, About("Average precision against the rest; null likewise.")]]


class Residuals(TypedDict):
    """Quantiles of prediction minus target, in the target's own units."""

    min: Annotated[float, About("Smallest.")]
    p5: Annotated[float, About("5th percentile.")]
    p25: Annotated[float, About("25th percentile.")]
    p50: Annotated[float, About("Median.")]
    p75: Annotated[float, About("75th percentile.")]
    p95: Annotated[float, About("95th percentile.")]
    max: Annotated[float, About("Largest.")]


class TargetQuality(TypedDict):
    """One target of a regression, in its own units."""

    target: Annotated[str, About("Its column; its number where it has no name.")]
    r2: Annotated[Number, About("Coefficient of determination; null for a constant target.")]
    mae: Annotated[Number, About("Mean absolute error.")]
    rmse: Annotated[Number, About("Root of the mean squared error.")]
    residuals: Annotated[Residuals | None, About("Their quantiles; null where predictions are not finite.")]


class RowsQuality(TypedDict, total=False):
    """Predictions on one set of rows."""

    classes: Annotated[list[ClassQuality], About("Each class or label in the order of the outputs.")]
    confusion_matrix: Annotated[
        list[list[int]], About("Up to 100 classes: row = true class, column = predicted class.")
    ]
    roc_auc: Annotated[Number, About("Two classes: of class 1; else, where asked for, the mean over the classes.")]
    pr_auc: Annotated[Number, About("The same of the average precision.")]
    targets: Annotated[list[TargetQuality], About("Each target of a regression.")]


class Quality(TypedDict):
    """Predictions of the trained network; with folds, of the last one."""

    validation: NotRequired[Annotated[RowsQuality, About("On the validation rows; absent where test rows validate.")]]
    test: Annotated[RowsQuality, About("On the test rows.")]


class RocCurve(TypedDict):
    """Points from (0, 0) to (1, 1)."""

    false_positive_rate: Annotated[list[float], About("Share of the other rows above a threshold.")]
    true_positive_rate: Annotated[list[float], About("Share of its rows above the same threshold.")]


class PrecisionRecallCurve(TypedDict):
    """Points from recall 1 to recall 0."""

    recall: Annotated[list[float], About("Share of its rows above a threshold.")]
    precision: Annotated[list[float], About("Share of the rows above it that are of it.")]


class Curves(TypedDict):
    """The curves of one class against the rest."""

    label: Annotated[str, About("The class or label.")]
    roc: Annotated[RocCurve, About("False positive rate against true positive rate.")]
    precision_recall: Annotated[PrecisionRecallCurve, About("Recall against precision.")]


class RowsCurves(TypedDict):
    """Curves by set of rows, one entry a class; of two classes, class 1 alone."""

    validation: NotRequired[Annotated[list[Curves], About("On the validation rows; absent where test rows validate.")]]
    test: Annotated[list[Curves], About("On the test rows.")]
