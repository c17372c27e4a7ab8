"""How good predictions on some rows are, class by class or target by target."""

from collections.abc import Sequence

import numpy as np

from satnet.records.schema import ClassQuality, Residuals, RowsQuality, TargetQuality
from satnet.training.metrics import finite, pr_auc, roc_auc
from satnet.training.predicted import Labeled, Targets
from satnet.training.sources import Array

MOST_IN_MATRIX = 100  # classes
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def of_labels(rows: Labeled, names: Sequence[str], *, areas: bool) -> RowsQuality:
    """Each class or label, and the confusion matrix; `areas` asks for those under the curves too.

    `names` are those of the classes or labels. Predictions that are not finite have no areas.
    """
    from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

    quality: RowsQuality
    if rows.truth.ndim == 2:
        matrices = multilabel_confusion_matrix(rows.truth, rows.guess)  # (labels, 2, 2)
        classes = [_class(name, m[1, 1], m[:, 1].sum(), m[1].sum()) for name, m in zip(names, matrices, strict=True)]
        for one, matrix in zip(classes, matrices, strict=True):
            one["confusion_matrix"] = matrix.tolist()
        quality = {"classes": classes}
    else:
        matrix = confusion_matrix(rows.truth, rows.guess, labels=np.arange(rows.outputs))
        right, said, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
        quality = {"classes": [_class(*one) for one in zip(names, right, said, true, strict=True)]}
        if rows.outputs <= MOST_IN_MATRIX:
            quality["confusion_matrix"] = matrix.tolist()
    if areas and rows.is_finite:
        quality["roc_auc"], quality["pr_auc"] = roc_auc(rows), pr_auc(rows)
        if not rows.is_binary:
            _add_areas(quality["classes"], rows)
    return quality


def of_targets(rows: Targets, names: Sequence[str]) -> RowsQuality:
    """Each target of a regression in its own units; numbers are None where predictions are not finite."""
    return {"targets": [_target(name, rows.of(number)) for number, name in enumerate(names)]}


def _class(name: str, right: int, said: int, true: int) -> ClassQuality:
    return {
        "label": name,
        "precision": _share(right, said),
        "recall": _share(right, true),
        "f1": _share(2 * right, said + true),
        "support": int(true),
    }


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _add_areas(classes: Sequence[ClassQuality], rows: Labeled) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    for one in classes:
        one["roc_auc"] = one["pr_auc"] = None
    for number, truth, scores in rows.against_the_rest():
        classes[number]["roc_auc"] = float(roc_auc_score(truth, scores))
        classes[number]["pr_auc"] = float(average_precision_score(truth, scores))


def _target(name: str, rows: Targets) -> TargetQuality:
    if not np.isfinite(rows.predictions).all():
        return {"target": name, "r2": None, "mae": None, "rmse": None, "residuals": None}
    return {
        "target": name,
        "r2": rows.r2,
        "mae": finite(rows.mae),
        "rmse": finite(rows.rmse),
        "residuals": _residuals(rows.residuals),
    }


def _residuals(residuals: Array) -> Residuals:
    low, p5, p25, p50, p75, p95, high = np.quantile(residuals, _QUANTILES).tolist()
    return {"min": low, "p5": p5, "p25": p25, "p50": p50, "p75": p75, "p95": p95, "max": high}
