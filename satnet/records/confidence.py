"""How sure a mean is."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

LEVEL = 0.95


def interval(values: Sequence[float], *, folds: bool, level: float = LEVEL) -> tuple[float, float] | None:
    """Student's interval of a mean; None for fewer than two values.

    Folds share training rows, so that their variance is taken times 1/k + 1/(k-1) (Nadeau and Bengio 2003).
    """
    count = len(values)
    if count < 2:
        return None
    from scipy.special import stdtrit

    share = 1 / count + (1 / (count - 1) if folds else 0.0)
    half = float(stdtrit(count - 1, 0.5 + level / 2)) * stdev(values) * math.sqrt(share)
    mean = fmean(values)
    return mean - half, mean + half
