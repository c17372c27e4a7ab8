"""What the network achieves on a fold's rows, as records say it: loss, accuracy or error, and the metrics asked for."""

import math
from dataclasses import dataclass
from typing import Any

from satnet.spec import ExperimentSpec
from satnet.training.class_recall import class_recalls
from satnet.training.data import Data
from satnet.training.evaluation import Evaluation
from satnet.training.metrics import finite, measured
from satnet.training.predicted import Targets
from satnet.training.rows import Rows
from satnet.training.sources import Array


@dataclass(frozen=True)
class FoldMetrics:
    """Evaluates the network as it is now."""

    spec: ExperimentSpec
    data: Data
    evaluate: Evaluation

    def of(self, rows: Rows) -> tuple[dict[str, Any], Array]:
        """All metrics of validation or test rows, and the predictions behind them, (rows, outputs)."""
        loss, accuracy, predictions = self.evaluate(rows.x, rows.y, self.data.scaling)
        metrics = self.running(loss, accuracy)
        if self.data.task == "regression":
            metrics["mean_absolute_error"] = finite(self.targets(rows.y, predictions).mae)
        return metrics | self._asked(rows.y, predictions), predictions

    def running(self, loss: float, accuracy: float) -> dict[str, Any]:
        """A loss and an accuracy for JSON: null and a count where the loss is not finite."""
        right = None if self.data.task == "regression" else accuracy
        if math.isfinite(loss):
            return {"loss": loss, "accuracy": right}
        return {"loss": None, "accuracy": right, "non_finite": 1}

    def of_training_rows(self) -> dict[str, float | None]:
        """The metrics asked for, from a pass over the training rows; no pass where there are none."""
        if not self.spec.training.metrics:
            return {}
        train = self.data.train
        return self._asked(train.y, self.evaluate(train.x, train.y, self.data.scaling)[2])

    def recalls(self, predictions: Array) -> dict[str, float | None]:
        """How well the classes of the validation rows, for which these predictions are, are recognized."""
        rarest = self.data.rarest
        if rarest is None:
            return {"rarest_class_recall": None, "mean_class_recall": None}
        of_rarest, mean = class_recalls(self.data.validation.y, predictions, rarest)
        return {"rarest_class_recall": of_rarest, "mean_class_recall": mean}

    def targets(self, y: Array, predictions: Array) -> Targets:
        """A regression's rows with what gives their own units."""
        return Targets(y, predictions, self.data.target_mean, self.data.target_std)

    def _asked(self, y: Array, predictions: Array) -> dict[str, float | None]:
        return measured(
            self.spec.training.metrics,
            y,
            predictions,
            self.data.task,
            target_mean=self.data.target_mean,
            target_std=self.data.target_std,
        )
