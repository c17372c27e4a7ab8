"""How many bytes training a spec takes beyond a process that has TensorFlow loaded: counted, before anything is built.

The copies are those that `satnet.training` makes; benchmarks/memory_estimate.py compares the sum with measured peaks.
"""

from dataclasses import dataclass
from math import prod

from satnet.spec.datasets import DatasetInfo
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.shapes import NetworkPlan, PlannedLayer, numbered_layers

FLOAT = 4  # bytes
_GENERATED = 12  # bytes of a value while rows are generated: float64, and float32 beside it
_KEPT = 12  # bytes of a value while training: as read, standardized, and on the device
_SCALED, _BLOCK = 24, 4096  # bytes of a value while rows are standardized, in float64, and how many rows at once
_CHUNK = 64_000_000  # rows gathered at once (satnet.training.epoch_loop)
_TAIL = 32  # but at least so many batches
_BATCH = 3  # floats of an activation while a batch trains: its input, itself, its gradient
_PROBED = 10  # floats of an activation while it is measured: z, a, delta, and what is reduced of them
_EVALUATED = 2048  # rows that are evaluated at once
_PARAMETER = 6  # floats of a parameter besides the optimizer's: weight, gradient, two copies, checkpoint, file
_PROGRAM, _PROGRAM_LAYER = 180_000_000, 10_000_000  # traced and compiled programs
_SLOTS = {"sgd": 0, "adagrad": 1, "rmsprop": 1, "lion": 1}  # variables beside each parameter; else two
_SWITCHES = ("momentum", "centered", "amsgrad")  # one more each


@dataclass(frozen=True)
class Memory:
    """Bytes by what they are for. `peak` is the most at once: rows are generated before anything else is there."""

    data: int
    batch: int
    probe: int
    evaluation: int
    parameters: int
    program: int
    peak: int


def memory(spec: ExperimentSpec, info: DatasetInfo, plan: NetworkPlan) -> Memory:
    """The memory that one experiment needs on a worker."""
    rows = _Rows.of(spec, info)
    sizes = [prod(layer.output_shape) for layer in plan.layers]
    entries, widest = sum(sizes), max(sizes, default=0)
    batch = FLOAT * min(spec.training.batch_size, rows.train) * (rows.values + _BATCH * entries)
    batch += min(FLOAT * rows.values * rows.train, max(_CHUNK, _TAIL * FLOAT * rows.values * spec.training.batch_size))
    probe = FLOAT * min(spec.saturation.probe_size, rows.train) * (rows.values + _PROBED * entries)
    evaluation = FLOAT * min(_EVALUATED, max(rows.validation, rows.test)) * (rows.values + 2 * widest)
    parameters = FLOAT * plan.parameters * (_PARAMETER + _slots(spec))
    program = _PROGRAM + _PROGRAM_LAYER * len(numbered_layers(spec))
    kept = rows.bytes_kept()
    training = kept + max(batch, probe, evaluation) + parameters + program
    prepared = max(rows.bytes_generated(spec), rows.bytes_scaled())
    return Memory(max(kept, prepared), batch, probe, evaluation, parameters, program, max(training, prepared + program))


def activation_bytes(layer: PlannedLayer | NetworkPlan) -> int:
    """What comes out of a layer, or out of all of them, for one row."""
    layers = layer.layers if isinstance(layer, NetworkPlan) else (layer,)
    return FLOAT * sum(prod(one.output_shape) for one in layers)


@dataclass(frozen=True)
class _Rows:
    values: int  # of a row
    every: int  # rows before any is left out
    train: int
    validation: int
    test: int

    @classmethod
    def of(cls, spec: ExperimentSpec, info: DatasetInfo) -> "_Rows":
        dataset, folds = spec.dataset, spec.cross_validation.folds if spec.cross_validation else 0
        train, test = dataset.train_size or info.train_rows, dataset.test_size or info.test_rows
        held_out = train // folds if folds else round(train * dataset.validation_fraction)
        every = info.train_rows + info.test_rows
        return cls(prod(info.input_shape), every, train - held_out, held_out or test, test)

    def bytes_kept(self) -> int:
        return _KEPT * self.values * (self.train + self.validation + self.test)

    def bytes_scaled(self) -> int:
        every = self.train + self.validation + self.test
        return self.values * (2 * FLOAT * every + _SCALED * min(self.train, _BLOCK))

    def bytes_generated(self, spec: ExperimentSpec) -> int:
        if "samples" not in spec.dataset.options():
            return FLOAT * self.values * self.every
        classes = int(spec.dataset.classes or spec.dataset.options().get("classes", 2))
        return self.every * (_GENERATED * self.values + 8 * classes)


def _slots(spec: ExperimentSpec) -> int:
    parameters = spec.optimizer.parameters
    return _SLOTS.get(spec.optimizer.name, 2) + sum(bool(parameters.get(key)) for key in _SWITCHES)
