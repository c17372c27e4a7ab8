"""ROC and precision-recall curves of one class against the rest, thinned to what a picture shows."""

from collections.abc import Sequence

import numpy as np

from satnet.records.schema import Curves
from satnet.training.predicted import Labeled
from satnet.training.sources import Array

MOST_CLASSES = 20
_MOST_POINTS, _FEWEST_POINTS = 200, 25  # of a curve: alone, and beside many others
_DECIMALS = 4


def curves(rows: Labeled, names: Sequence[str]) -> list[Curves]:
    """Of each class that some rows are of and some are not; of two classes, of class 1 alone.

    None where there are more than 20 classes, or where predictions are not finite. `names` are those of the classes.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    if not rows.is_finite or rows.outputs > MOST_CLASSES:
        return []
    most = max(_FEWEST_POINTS, _MOST_POINTS // max(1, len(rows.divided_columns)))
    found: list[Curves] = []
    for number, truth, scores in rows.against_the_rest():
        false_positive, true_positive, _ = roc_curve(truth, scores)
        precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
        false_positive, true_positive = _thinned(false_positive, true_positive, most)
        recall, precision = _thinned(recall, precision, most)
        found.append(
            {
                "label": names[1 if rows.is_binary else number],
                "roc": {"false_positive_rate": _listed(false_positive), "true_positive_rate": _listed(true_positive)},
                "precision_recall": {"recall": _listed(recall), "precision": _listed(precision)},
            }
        )
    return found


def _thinned(x: Array, y: Array, most: int) -> tuple[Array, Array]:
    """At most `most` of a curve's points, evenly along its length; both ends stay."""
    if len(x) <= most:
        return x, y
    length = np.cumsum(np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0])))
    places = np.unique(np.searchsorted(length, np.linspace(0, length[-1], most)))
    places[-1] = len(x) - 1
    return x[places], y[places]


def _listed(values: Array) -> list[float]:
    return [float(value) for value in values.round(_DECIMALS)]
