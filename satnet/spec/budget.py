"""What a spec costs, and what it may cost: counted before anything is stored, and again before it is trained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from satnet.errors import FieldError
from satnet.spec import ExperimentSpec, NetworkPlan, PlannedLayer, dataset_info, estimate
from satnet.spec.datasets import DATASETS
from satnet.spec.layers import LAYERS, Weighted
from satnet.spec.memory import FLOAT, Memory, activation_bytes, memory

_MODEL = 40_000  # bytes of a model's file besides its parameters
_EPOCH, _LAYER = 1_000, 1_300  # bytes of an epoch's record, and of a layer in it
_EVENTS = 800_000  # bytes of an experiment's events, at most
_UNITS = 4_000_000  # bytes of the per-unit arrays, at most (satnet.records.epoch_log)
_FEW_ROWS = 8  # where not even so many fit, it is the layers that are too large and not the batch


@dataclass(frozen=True)
class Cost:
    """What an experiment is estimated to need; bytes, and floating point operations."""

    parameters: int
    model_bytes: int
    record_bytes: int
    operations: int
    memory: Memory


@dataclass(frozen=True)
class Limits:
    """The most that one experiment may need; each is a setting, SATNET_MAX_ and its name."""

    parameters: int
    model_bytes: int
    data_bytes: int
    memory_bytes: int
    record_bytes: int
    operations: int


def cost(spec: ExperimentSpec, plan: NetworkPlan) -> Cost | None:
    """The cost of a valid spec; None where its rows are not known before they are read."""
    info = dataset_info(spec.dataset)
    if info is None:
        return None
    folds = spec.cross_validation.folds if spec.cross_validation else 1
    measured = folds * (spec.training.epochs // spec.saturation.every + 2)
    record = _EPOCH + _LAYER * sum(LAYERS[layer.type].has_kernel for layer in plan.layers)
    return Cost(
        parameters=plan.parameters,
        model_bytes=_MODEL + FLOAT * plan.parameters,
        record_bytes=_EVENTS + _UNITS + measured * record,
        operations=estimate.operations(spec, plan, info),
        memory=memory(spec, info, plan),
    )


def exceeded(spec: ExperimentSpec, plan: NetworkPlan, limits: Limits) -> list[FieldError]:
    """What of the spec needs more than is allowed, with a pointer to the field that is responsible for most of it."""
    needed = cost(spec, plan)
    return [] if needed is None else list(_errors(spec, plan, needed, limits))


def _errors(spec: ExperimentSpec, plan: NetworkPlan, needed: Cost, limits: Limits) -> Iterator[FieldError]:
    if needed.parameters > limits.parameters:
        yield _error(_largest(spec, plan), "parameters", needed.parameters, limits.parameters)
    elif needed.model_bytes > limits.model_bytes:
        yield _error(_largest(spec, plan), "model_bytes", needed.model_bytes, limits.model_bytes)
    if needed.memory.data > limits.data_bytes:
        yield _error(_rows(spec), "data_bytes", needed.memory.data, limits.data_bytes)
    elif needed.memory.peak > limits.memory_bytes:
        pointer = _memory(spec, plan, needed.memory, limits.memory_bytes)
        yield _error(pointer, "memory_bytes", needed.memory.peak, limits.memory_bytes)
    if needed.record_bytes > limits.record_bytes:
        yield _error("#/training/epochs", "record_bytes", needed.record_bytes, limits.record_bytes)
    if needed.operations > limits.operations:
        yield _error("#/training/epochs", "operations", needed.operations, limits.operations)


_WORDS: Mapping[str, str] = {
    "parameters": "the network has {needed} parameters",
    "model_bytes": "the trained model would take {needed} bytes",
    "data_bytes": "the rows would take about {needed} bytes of memory, copies included",
    "memory_bytes": "training would take about {needed} bytes of memory",
    "record_bytes": "the records of the epochs would take about {needed} bytes",
    "operations": "training would take about {needed} floating point operations",
}


def _error(pointer: str, what: str, needed: int, most: int) -> FieldError:
    words = _WORDS[what].format(needed=f"{needed:,}")
    return FieldError(pointer, f"{words}; at most {most:,} are allowed (SATNET_MAX_{what.upper()})", "limit", needed)


def _memory(spec: ExperimentSpec, plan: NetworkPlan, needed: Memory, most: int) -> str:
    """The field that most of the memory goes to."""
    rows = max(needed.batch, needed.probe, needed.evaluation)
    if needed.data >= max(rows, needed.parameters):
        return _rows(spec)
    if needed.parameters >= rows:
        return _largest(spec, plan)
    if rows == needed.evaluation or _FEW_ROWS * activation_bytes(plan) > most:
        widest = max(plan.layers, key=activation_bytes)
        return _width(spec, widest)
    return "#/training/batch_size" if rows == needed.batch else "#/saturation/probe_size"


def _rows(spec: ExperimentSpec) -> str:
    dataset = spec.dataset
    options = DATASETS[str(dataset.name)].options
    if "samples" not in options:
        return "#/dataset/train_size"
    usual = (dataset.samples or 0) <= options["samples"]
    return "#/dataset/features" if usual and dataset.features else "#/dataset/samples"


def _largest(spec: ExperimentSpec, plan: NetworkPlan) -> str:
    return _width(spec, max(plan.layers, key=lambda layer: layer.parameters))


def _width(spec: ExperimentSpec, planned: PlannedLayer) -> str:
    """The width of a layer; of one without its own, that of the layer before it that has one."""
    last = int(planned.pointer.rpartition("/")[2])
    for index in range(last, -1, -1):
        if isinstance(layer := spec.layers[index], Weighted):
            return f"#/layers/{index}/{layer.width_field}"
    return planned.pointer
