"""How many bytes training a spec takes beyond a process that has TensorFlow loaded: counted, before anything is built.

The copies are those that `satnet.training` makes; benchmarks/memory_estimate.py compares the sum with measured peaks.
"""

from dataclasses import dataclass
from math import prod

from satnet.spec.activation_traits import traits
from satnet.spec.datasets import DatasetInfo
from satnet.spec.experiment import ExperimentSpec
from satnet.spec.layer_type import LayerType
from satnet.spec.shapes import NetworkPlan, PlannedLayer, numbered_layers

FLOAT = 4  # bytes
_GENERATED = 12  # bytes of a value while rows are generated: float64, and float32 beside it
_KEPT = 12  # bytes of a value while training: as read, standardized, and on the device
_KEPT_FOLDS = 400_000_000  # bytes of folds that are kept (satnet.training.row_cache)
_SCALED, _BLOCK = 24, 4096  # bytes of a value while rows are standardized, in float64, and how many rows at once
_CHUNK = 64_000_000  # bytes of rows that are gathered at once (satnet.training.epoch_loop),
_TAIL = 32  # and batches, at least
_BATCH = 12  # bytes of an activation while a batch trains: what comes in, what goes out, the gradient
_PROBED = 6  # bytes of an activation while rows are probed: the backward pass needs it, and a part is in use twice
_REDUCED, _SLOPES = 6, 32  # bytes of those of the layer that is reduced, and with slopes in float64
_EVALUATED = 2048  # rows that are evaluated at once
_PARAMETER, _SLOT = 40, 10  # bytes of a parameter with gradient, copies and file, and of a variable of its optimizer
_PROGRAM, _PROGRAM_LAYER = 180_000_000, 16_000_000  # bytes of programs while they are traced and compiled
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
    rows, layers = _Rows.of(spec, info), [layer for _, layer in numbered_layers(spec)]
    sizes = [prod(layer.output_shape) for layer in plan.layers]
    entries, widest = sum(sizes), max(sizes, default=0)
    reduced = max((_reduced(layer) * size for layer, size in zip(layers, sizes, strict=True)), default=0)
    probed, evaluated = min(spec.saturation.probe_size, rows.train), min(_EVALUATED, max(rows.validation, rows.test))
    batch = min(spec.training.batch_size, rows.train) * (FLOAT * rows.values + _BATCH * entries) + _gathered(spec, rows)
    probe = probed * (FLOAT * rows.values + _PROBED * entries + reduced)
    evaluation = FLOAT * evaluated * (rows.values + 2 * widest)
    parameters = plan.parameters * (_PARAMETER + _SLOT * _slots(spec))
    programs = sum(1 + (layer.built_in_normalization() != "none") for layer in layers)
    program = _PROGRAM + _PROGRAM_LAYER * programs
    kept, prepared = rows.bytes_kept(), max(rows.bytes_generated(spec), rows.bytes_scaled())
    peak = program + max(prepared, kept + max(batch, probe, evaluation) + parameters)
    return Memory(max(kept, prepared), batch, probe, evaluation, parameters, program, peak)


def _reduced(layer: LayerType) -> int:
    """Bytes of each entry while a layer is measured."""
    applied = layer.applied()
    if applied is None or applied.name is None:
        return _REDUCED
    its = traits(applied.name)
    return _SLOPES if its.elementwise and its.slope is not None and not its.is_step_sloped else _REDUCED


def _gathered(spec: ExperimentSpec, rows: "_Rows") -> int:
    """Bytes of the rows that are gathered for the next steps."""
    row = FLOAT * rows.values
    return min(row * rows.train, max(_CHUNK, _TAIL * row * spec.training.batch_size))


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
    folds: int

    @classmethod
    def of(cls, spec: ExperimentSpec, info: DatasetInfo) -> "_Rows":
        dataset, folds = spec.dataset, spec.cross_validation.folds if spec.cross_validation else 0
        train, test = dataset.train_size or info.train_rows, dataset.test_size or info.test_rows
        held_out = train // folds if folds else round(train * dataset.validation_fraction)
        every = info.train_rows + info.test_rows
        return cls(prod(info.input_shape), every, train - held_out, held_out or test, test, folds)

    def bytes_kept(self) -> int:
        once = self.values * (self.train + self.validation + self.test)
        return _KEPT * once + min(_KEPT_FOLDS, max(self.folds - 1, 0) * 2 * FLOAT * once)

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
