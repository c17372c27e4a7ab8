"""How good the trained network's predictions are, for the summary."""

from typing import Any

import numpy as np

from satnet.records.schema import Curves, RowsQuality
from satnet.spec.output_names import output_names
from satnet.training.curves import curves
from satnet.training.fold_metrics import FoldMetrics
from satnet.training.metrics import finite
from satnet.training.predicted import Labeled, Targets
from satnet.training.row_quality import of_labels, of_targets
from satnet.training.rows import Rows
from satnet.training.sources import Array

_AREAS = {"roc_auc", "pr_auc"}


def final_quality(metrics: FoldMetrics, predictions: Array) -> dict[str, Any]:
    """What the summary says of the validation and test rows; `predictions` are those of the test rows.

    Where the test rows validate, they are not reported twice.
    """
    data = metrics.data
    found = quality(data.test.y, predictions, classes=data.classes, target_std=data.target_std, task=data.task)
    sets: dict[str, tuple[Rows, Array]] = {"test": (data.test, predictions)}
    if data.validation is not data.test:
        sets["validation"] = (data.validation, metrics.of(data.validation)[1])
    of_sets = {name: _of_rows(metrics, rows.y, guess) for name, (rows, guess) in sets.items()}
    found["quality"] = {name: one for name, (one, _) in of_sets.items()}
    if any(lines for _, lines in of_sets.values()):
        found["curves"] = {name: lines for name, (_, lines) in of_sets.items()}
    return found


def _of_rows(metrics: FoldMetrics, y: Array, predictions: Array) -> tuple[RowsQuality, list[Curves]]:
    spec, data = metrics.spec, metrics.data
    names = output_names(spec.dataset, data.about, data.task, data.classes or y.shape[1])
    if data.task == "regression":
        return of_targets(metrics.targets(y, predictions), names), []
    rows = Labeled.of(y, predictions, data.task)
    if len(names) < rows.outputs:  # a single label
        names = [f"not {names[0]}", *names]
    areas = rows.is_binary or bool(_AREAS & set(spec.training.metrics))
    return of_labels(rows, names, areas=areas), curves(rows, names) if areas else []


def quality(
    y: Array, predictions: Array, *, classes: int | None, target_std: Any, task: str | None = None
) -> dict[str, Any]:
    """Confusion matrix (rows: true class) for classes; R2, and the error in the target's units, for a regression.

    Args:
        y: encoded labels, (rows, outputs).
        predictions: the network's outputs, (rows, outputs).
        classes: how many there are; None for other tasks.
        target_std: standard deviation of the raw target, by which `y` was divided.
        task: of the rows; by default a regression where there are no classes.
    """
    if task == "multi_label":
        return {}
    if classes is None:
        return _of_regression(Targets(y, predictions, 0.0, target_std))
    from sklearn.metrics import confusion_matrix

    rows = Labeled.of(y, predictions, "classification")
    return {"confusion_matrix": confusion_matrix(rows.truth, rows.guess, labels=range(rows.outputs)).tolist()}


def _of_regression(rows: Targets) -> dict[str, Any]:
    """What has no value, of predictions that are not finite or of a constant target, is None."""
    if not np.isfinite(rows.predictions).all():
        return {"r2": None, "root_mean_squared_error": None}
    return {"r2": rows.r2, "root_mean_squared_error": finite(rows.rmse)}
