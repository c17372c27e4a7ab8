"""What a spec's training asks for and its dataset cannot give: monitors, metrics, class weights."""

from collections.abc import Iterator

from satnet.errors import FieldError
from satnet.spec.datasets import DatasetInfo, Task
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.metrics import METRICS, TOP_K
from satnet.spec.named import Frozen
from satnet.spec.output_names import output_names

_LISTED = 20  # class names that an error lists


def check_training(spec: ExperimentSpec, info: DatasetInfo | None) -> Iterator[FieldError]:
    """What is wrong with monitors, metrics and class weights; `info` is None where only the worker knows the rows."""
    yield from _monitors(spec, info)
    if info is not None:
        yield from _metrics(spec, info)
        yield from _class_weight(spec, info)


def _monitors(spec: ExperimentSpec, info: DatasetInfo | None) -> Iterator[FieldError]:
    training = spec.training
    watched: dict[str, Frozen | None] = {
        "early_stopping": training.early_stopping,
        "learning_rate_schedule": training.learning_rate_schedule,
    }
    for key, value in watched.items():
        monitor = str(getattr(value, "monitor", ""))
        pointer, metric = f"#/training/{key}/monitor", monitor.rpartition(".")[2]
        if monitor.startswith("validation") and not (spec.dataset.validation_fraction > 0 or spec.cross_validation):
            detail = "the test rows would decide; set dataset.validation_fraction or monitor a training metric"
            yield FieldError(pointer, detail, "no_validation_rows", monitor)
        if metric == "accuracy" and info is not None and info.task == "regression":
            yield FieldError(pointer, "accuracy is not defined for a regression", "not_allowed", monitor)
        if metric in METRICS and metric not in training.metrics:
            detail = f"{metric} is not measured; add it to training.metrics"
            yield FieldError(pointer, detail, "not_measured", monitor)


def _metrics(spec: ExperimentSpec, info: DatasetInfo) -> Iterator[FieldError]:
    for place, metric in enumerate(spec.training.metrics):
        pointer = f"#/training/metrics/{place}"
        if info.task not in METRICS[metric].tasks:
            allowed = ", ".join(name for name, traits in METRICS.items() if info.task in traits.tasks)
            detail = f"{metric} is not defined for {_called(info.task)}; allowed: {allowed}"
            yield FieldError(pointer, detail, "not_allowed", metric)
        elif metric == "top_k" and info.classes is not None and info.classes <= TOP_K:
            detail = f"top_k is the share of rows whose class is among the {TOP_K} likeliest; it needs more classes"
            yield FieldError(pointer, f"{detail} than {TOP_K}, but there are {info.classes}", "not_allowed", metric)
        if metric in spec.training.metrics[:place]:
            yield FieldError(pointer, f"{metric} is listed twice", "contradiction", metric)


def _class_weight(spec: ExperimentSpec, info: DatasetInfo) -> Iterator[FieldError]:
    weights, pointer = spec.training.class_weight, "#/training/class_weight"
    if weights is None:
        return
    if info.task != "classification" or info.classes is None:
        yield FieldError(pointer, f"{_called(info.task)} has no classes to weigh", "not_allowed", weights)
    elif weights != "balanced":
        yield from unknown_labels(
            weights, output_names(spec.dataset, spec.dataset.resolved, "classification", info.classes)
        )
        if not any(weights.values()) and len(weights) >= info.classes:
            yield FieldError(pointer, "at least one class needs a weight above 0", "limit", weights)


def unknown_labels(weights: dict[str, float], labels: list[str]) -> Iterator[FieldError]:
    """The labels of `weights` that no class has."""
    for label in weights:
        if label not in labels:
            more = f" and {len(labels) - _LISTED} more" if len(labels) > _LISTED else ""
            detail = f"there is no class {label!r}; the classes are: {', '.join(labels[:_LISTED])}{more}"
            yield FieldError("#/training/class_weight", detail, "not_allowed", label)


def _called(task: Task) -> str:
    return {"classification": "a classification", "multi_label": "a multi-label task", "regression": "a regression"}[
        task
    ]
