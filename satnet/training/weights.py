"""How much each training row counts in the loss: its own weight times its class's."""

import numpy as np

from satnet.errors import DataError
from satnet.spec import ExperimentSpec
from satnet.spec.output_names import output_names
from satnet.spec.training_checks import unknown_labels
from satnet.training.data import Data
from satnet.training.sources import Array


def training_weights(spec: ExperimentSpec, data: Data) -> Array | None:
    """(rows,) float32 for the fold's training rows; None where all count the same.

    `balanced` is rows / (classes x rows of the class), as scikit-learn has it, over the classes of these rows.

    Raises:
        DataError: a label that no class of a file's rows has; or no row counts.
    """
    own, by_class = data.train.weights, spec.training.class_weight
    if by_class is None:
        return own
    if data.task != "classification" or data.classes is None:
        raise DataError(f"training.class_weight needs classes, and the task is {data.task}")
    numbers = data.labels.astype(np.int64)
    labels = output_names(spec.dataset, data.about, "classification", data.classes)
    weights = _of_classes(by_class, numbers, labels)[numbers]
    if own is not None:
        weights = weights * own
    if not weights.any():
        raise DataError("training.class_weight leaves no training row with a weight above 0")
    return weights.astype(np.float32)


def _of_classes(given: dict[str, float] | str, numbers: Array, labels: list[str]) -> Array:
    """The weight of each class, (classes,)."""
    weights = np.ones(len(labels))
    if isinstance(given, str):  # balanced
        from sklearn.utils.class_weight import compute_class_weight

        present = np.unique(numbers)
        weights[present] = compute_class_weight("balanced", classes=present, y=numbers)
        return weights
    for error in unknown_labels(given, labels):
        raise DataError(f"training.class_weight: {error.detail}")
    for label, weight in given.items():
        weights[labels.index(label)] = weight
    return weights
