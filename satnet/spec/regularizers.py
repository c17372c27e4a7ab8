"""The kernel regularizers a spec may name; each is Keras's of that name."""

from satnet.spec.named import Named
from satnet.spec.parameters import NOT_NEGATIVE, Parameter


class Regularizer(Named):
    """A kernel regularizer of Keras."""

    kind = "regularizer"
    allowed = {
        "l1": {"l1": Parameter(NOT_NEGATIVE, 0.01)},
        "l2": {"l2": Parameter(NOT_NEGATIVE, 0.01)},
        "l1_l2": {"l1": Parameter(NOT_NEGATIVE, 0.0), "l2": Parameter(NOT_NEGATIVE, 0.0)},
    }
