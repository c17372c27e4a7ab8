"""How long an experiment may take, from what it computes: a guess to plan by, made before anything runs."""

from math import prod

from satnet.spec import DatasetInfo, ExperimentSpec, NetworkPlan, PlannedLayer, dataset_info, expand_layers
from satnet.spec.layers import LAYERS

# Fitted by eye to docs/performance.md (2 CPU cores); a factor of two either way is normal.
_START = 3.0  # building and compiling
_STEP, _SLOW_STEP = 5e-6, 3e-4  # overhead of a step as one XLA program, and without XLA
_FLOPS, _BYTES = 8e10, 2e9  # a second
_PROBE = 0.005  # an epoch


def seconds(spec: ExperimentSpec, plan: NetworkPlan) -> float | None:
    """Seconds on two CPU cores; None where the rows are not known before they are read."""
    info = dataset_info(spec.dataset)
    if info is None:
        return None
    rows, folds = _rows(spec, info)
    steps = -(-rows // spec.training.batch_size)
    slow = any(layer.has_kernel and layer.needs_image for layer in expand_layers(spec))
    row = 6 * _multiplications(plan) / _FLOPS + 4 * prod(info.input_shape) / _BYTES
    epoch = steps * (_SLOW_STEP if slow else _STEP) + rows * row + _PROBE
    return float(f"{_START + folds * spec.training.epochs * epoch:.2g}")


def operations(spec: ExperimentSpec, plan: NetworkPlan, info: DatasetInfo) -> int:
    """Floating point operations of all epochs of all folds: forward, and twice as many backward."""
    rows, folds = _rows(spec, info)
    return folds * spec.training.epochs * rows * 6 * _multiplications(plan)


def _rows(spec: ExperimentSpec, info: DatasetInfo) -> tuple[int, int]:
    """Training rows of an epoch, and folds."""
    rows = spec.dataset.train_size or info.train_rows
    folds = spec.cross_validation.folds if spec.cross_validation else 1
    return rows - rows // folds if folds > 1 else rows, folds


def _multiplications(plan: NetworkPlan) -> int:
    """Multiplications of one row's forward pass: a convolution's weights work at every position."""
    return sum(layer.parameters * _positions(layer) for layer in plan.layers)


def _positions(layer: PlannedLayer) -> int:
    return prod(layer.output_shape[:-1]) if LAYERS[layer.type].has_kernel else 1
