"""The metrics that a spec asks for, by scikit-learn, from labels and predictions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from satnet.spec.datasets import Task
from satnet.spec.metrics import TOP_K, Metric
from satnet.training.predicted import Labeled, Targets
from satnet.training.sources import Array

_NEAR_ZERO = 1e-6  # of a target's standard deviation: a target that close to 0 has no percentage error


def measured(
    metrics: Sequence[Metric],
    y: Array,
    predictions: Array,
    task: Task,
    *,
    target_mean: Any = 0.0,
    target_std: Any = 1.0,
) -> dict[str, float | None]:
    """The metrics of some rows; None for one that these rows and predictions do not have.

    Args:
        metrics: which ones, of those that the task has.
        y: encoded labels, (rows, outputs).
        predictions: the network's outputs, (rows, outputs).
        task: of the rows.
        target_mean: what was subtracted from the targets of a regression; a number, or one for each target.
        target_std: what they were then divided by.
    """
    if not metrics or not np.isfinite(predictions).all():
        return dict.fromkeys(metrics)
    if task == "regression":
        values = _of_targets(metrics, Targets(y, predictions, target_mean, target_std))
    else:
        values = _of_labels(metrics, Labeled.of(y, predictions, task))
    return {metric: None if (value := values[metric]) is None else finite(value) for metric in metrics}


def finite(value: Any) -> float | None:
    """A float for JSON; None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def _of_labels(metrics: Sequence[Metric], rows: Labeled) -> Mapping[Metric, float | None]:
    from sklearn.metrics import precision_recall_fscore_support, recall_score, top_k_accuracy_score

    values: dict[Metric, float | None] = {}
    if {"precision", "recall", "f1"} & set(metrics):
        average = "binary" if rows.is_binary else "macro"
        found = precision_recall_fscore_support(rows.truth, rows.guess, average=average, zero_division=0)
        values |= {"precision": found[0], "recall": found[1], "f1": found[2]}
    if "balanced_accuracy" in metrics:  # the mean recall of the classes that occur
        occurring = np.unique(rows.truth)
        values["balanced_accuracy"] = recall_score(
            rows.truth, rows.guess, labels=occurring, average="macro", zero_division=0
        )
    if "top_k" in metrics:
        values["top_k"] = top_k_accuracy_score(rows.truth, rows.scores, k=TOP_K, labels=np.arange(rows.outputs))
    if "roc_auc" in metrics:
        values["roc_auc"] = roc_auc(rows)
    if "pr_auc" in metrics:
        values["pr_auc"] = pr_auc(rows)
    return values


def roc_auc(rows: Labeled) -> float | None:
    """Area under the ROC curve, the mean of one-vs-rest over the classes that some rows have and some have not."""
    from sklearn.metrics import roc_auc_score

    truth, scores = rows.divided()
    return None if truth.shape[1] == 0 else float(roc_auc_score(truth, scores, average="macro"))


def pr_auc(rows: Labeled) -> float | None:
    """Average precision, the mean over the same classes."""
    from sklearn.metrics import average_precision_score

    truth, scores = rows.divided()
    return None if truth.shape[1] == 0 else float(average_precision_score(truth, scores, average="macro"))


def _of_targets(metrics: Sequence[Metric], rows: Targets) -> Mapping[Metric, float | None]:
    values: dict[Metric, float | None] = {"mae": rows.mae, "rmse": rows.rmse}
    if "r2" in metrics:
        values["r2"] = rows.r2
    if "mape" in metrics:
        from sklearn.metrics import mean_absolute_percentage_error

        near = np.abs(rows.truth) <= _NEAR_ZERO * np.asarray(rows.std, np.float64)
        values["mape"] = None if near.any() else mean_absolute_percentage_error(rows.truth, rows.guess)
    return values
