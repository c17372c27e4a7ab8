"""The metrics that a spec may ask for besides loss and accuracy, and what a monitor may watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from satnet.spec.datasets import Task

Metric = Literal[
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "pr_auc",
    "balanced_accuracy",
    "top_k",
    "r2",
    "mae",
    "rmse",
    "mape",
]
Monitor = Literal[
    "train.loss",
    "train.accuracy",
    "train.precision",
    "train.recall",
    "train.f1",
    "train.roc_auc",
    "train.pr_auc",
    "train.balanced_accuracy",
    "train.top_k",
    "train.r2",
    "train.mae",
    "train.rmse",
    "train.mape",
    "validation.loss",
    "validation.accuracy",
    "validation.precision",
    "validation.recall",
    "validation.f1",
    "validation.roc_auc",
    "validation.pr_auc",
    "validation.balanced_accuracy",
    "validation.top_k",
    "validation.r2",
    "validation.mae",
    "validation.rmse",
    "validation.mape",
]
TOP_K = 5  # classes among which the right one must be, for top_k
_LABELED: tuple[Task, ...] = ("classification", "multi_label")


@dataclass(frozen=True)
class MetricTraits:
    """What is known of a metric.

    Attributes:
        tasks: those that have it.
        more_is_better: whether larger values are better.
    """

    tasks: tuple[Task, ...]
    more_is_better: bool = True


METRICS: Mapping[Metric, MetricTraits] = {
    "precision": MetricTraits(_LABELED),
    "recall": MetricTraits(_LABELED),
    "f1": MetricTraits(_LABELED),
    "roc_auc": MetricTraits(_LABELED),
    "pr_auc": MetricTraits(_LABELED),
    "balanced_accuracy": MetricTraits(("classification",)),
    "top_k": MetricTraits(("classification",)),
    "r2": MetricTraits(("regression",)),
    "mae": MetricTraits(("regression",), more_is_better=False),
    "rmse": MetricTraits(("regression",), more_is_better=False),
    "mape": MetricTraits(("regression",), more_is_better=False),
}
_LESS = {"loss", "mean_absolute_error", *(name for name, traits in METRICS.items() if not traits.more_is_better)}


def more_is_better(monitor: str) -> bool:
    """Whether larger values of `validation.recall` and the like are better."""
    return monitor.rpartition(".")[2] not in _LESS
