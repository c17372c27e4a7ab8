"""The objective of a sweep: one number of a trial's epoch records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from satnet.records.numbers import number_of
from satnet.records.schema import EpochRecord, LayerRecord, Measure, Metrics, NetworkRecord, TrialOutcome, measures
from satnet.spec import ExperimentSpec, dataset_info
from satnet.spec.hidden import hidden_layers
from satnet.spec.metrics import METRICS

_SETS = ("train", "validation")
_METRICS, _NETWORK, _LAYER = measures(Metrics), measures(NetworkRecord), measures(LayerRecord)
_OVER: dict[str, Callable[[Sequence[float]], float]] = {"max": max, "min": min, "mean": fmean}  # all hidden layers


def _names(numbers: Mapping[str, Measure]) -> list[str]:
    return [name for name, measure in numbers.items() if measure.objective]


def problem(metric: str, base: ExperimentSpec) -> str | None:
    """What is wrong with a metric's name; None if nothing is."""
    part, _, rest = metric.partition(".")
    if part == "test":
        return "a sweep must not select by the test rows"
    if part in _SETS and rest in _METRICS:
        info = dataset_info(base.dataset)
        regression = info is not None and info.task == "regression"
        if rest == "accuracy" and regression:
            return "a regression has no accuracy; use loss or mean_absolute_error"
        if rest == "mean_absolute_error" and (not regression or part == "train"):
            return "only measured on the validation rows of a regression"
        if rest in METRICS and rest not in base.training.metrics:
            return f"{rest} is not measured; add it to training.metrics of the base"
        return None
    if part == "network" and rest in _names(_NETWORK):
        return None
    which, _, field = rest.partition(".")
    if part == "layers" and which and field in _names(_LAYER):
        return None
    names = [", ".join(_names(numbers)) for numbers in (_METRICS, _NETWORK, _LAYER)]
    return (
        f"expected one of train.* or validation.* ({names[0]}), network.* ({names[1]}) or "
        f"layers.NAME.*, layers.max.*, layers.min.*, layers.mean.* ({names[2]})"
    )


def unknown_layer(metric: str, base: ExperimentSpec) -> str | None:
    """What is wrong where a metric names a layer that the network does not have."""
    part, _, rest = metric.partition(".")
    name = rest.partition(".")[0]
    known = [layer.name for layer in hidden_layers(base)]
    if part != "layers" or name in _OVER or name in known:
        return None
    return f"there is no hidden layer {name}; the hidden layers are: {', '.join(known) or 'none'}"


def usual_mode(metric: str) -> str | None:
    """Whether more or less of it is better; None where that is not clear."""
    measure = (_METRICS | _NETWORK | _LAYER).get(metric.rpartition(".")[2])
    better = "less" if measure is None else measure.better
    return {"less": "min", "more": "max", "unclear": None}[better]


def value_of(record: EpochRecord, metric: str) -> float | None:
    """The metric of one epoch; None where it has none."""
    part, _, rest = metric.partition(".")
    if part in _SETS or part == "network":
        return number_of(record[part], rest)  # type: ignore[literal-required]  # one of three keys
    which, _, field = rest.partition(".")
    if which in _OVER:
        values = [value for layer in record["layers"] if (value := number_of(layer, field)) is not None]
        return float(_OVER[which](values)) if values else None
    return next((number_of(layer, field) for layer in record["layers"] if layer["name"] == which), None)


def outcome(records: Sequence[EpochRecord], metric: str, sign: float, at: str) -> TrialOutcome:
    """The result of a trial: its objective (mean over folds), and the columns of tables at the same epoch.

    Args:
        records: all measured epochs.
        metric: as for `value_of`.
        sign: 1 where more is better, else -1.
        at: last or best measured epoch of each fold.
    """
    chosen = [_chosen(part, metric, sign, at) for part in _by_fold(records)]
    values = [None if one is None else value_of(one, metric) for one in chosen]
    known = [value for value in values if value is not None]
    whole = bool(known) and len(known) == len(values)
    last = chosen[-1] if chosen else None
    return {
        "value": fmean(known) if whole else None,
        "folds": known if whole and len(known) > 1 else None,
        "epoch": None if last is None else last["epoch"],
        "epochs": sum(record["epoch"] > 0 for record in records),
        "row": _row([one for one in chosen if one is not None]),
        "seconds": sum(record["seconds"] for record in records),
    }


def _by_fold(records: Iterable[EpochRecord]) -> list[list[EpochRecord]]:
    folds: dict[int | None, list[EpochRecord]] = {}
    for record in records:
        folds.setdefault(record["fold"], []).append(record)
    return list(folds.values())


def _chosen(records: Sequence[EpochRecord], metric: str, sign: float, at: str) -> EpochRecord | None:
    if at == "last" or not records:
        return records[-1] if records else None
    valued = [(value, record) for record in records if (value := value_of(record, metric)) is not None]
    return max(valued, key=lambda pair: sign * pair[0], default=(None, None))[1]


_COLUMNS = (
    "train.loss", "train.accuracy", "validation.loss", "validation.accuracy", "network.vanish_ratio",
    "layers.max.saturated_fraction", "layers.max.dead_unit_fraction",
)  # fmt: skip


def _row(chosen: Sequence[EpochRecord]) -> dict[str, float | None]:
    """The usual columns at the chosen epochs, and the metrics that were asked for, means over folds."""
    row: dict[str, float | None] = {}
    asked = [f"validation.{name}" for name in METRICS if any(name in record["validation"] for record in chosen)]
    for name in (*_COLUMNS, *asked):
        values = [value for record in chosen if (value := value_of(record, name)) is not None]
        row[name.replace("layers.max.", "worst_")] = fmean(values) if values else None
    return row
