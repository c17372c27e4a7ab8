"""Which points a sweep tries next: Optuna's samplers on what our own store knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from satnet.records.schema import Parameters
from satnet.sweeps.axis import Axis
from satnet.sweeps.points import grid
from satnet.sweeps.spec import SweepSpec

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_WIDE = 2**24  # integers; in a wider range TPE's bins, one an integer, are too thin for its float arithmetic
_STARTUP = 10  # points that TPE draws at random before its model says anything (Optuna's default)


@dataclass(frozen=True)
class TriedPoint:
    """A point of the sweep: its parameters, and its value once all of its trials are over."""

    parameters: Parameters
    over: bool
    value: float | None


def all_at_once(sweep: SweepSpec) -> list[Parameters] | None:
    """Every point, where none depends on the results of earlier ones; None for TPE."""
    if sweep.search == "grid":
        return list(grid(sweep.axes()))
    if sweep.search == "random":
        study = _study(sweep, 0)
        return [_asked(study, sweep) for _ in range(sweep.points)]
    return None


def next_points(sweep: SweepSpec, tried: Sequence[TriedPoint]) -> list[Parameters]:
    """The points to add now, in order; empty while enough are under way, and at the end.

    The result follows from the arguments alone: two processes that ask at once get the same points.
    """
    everything = all_at_once(sweep)
    if everything is not None:
        return everything[len(tried) :]
    free = sweep.parallel - sum(not point.over for point in tried)
    wanted = min(free, sweep.points - len(tried))
    if wanted <= 0:
        return []
    study = _study(sweep, len(tried))
    for point in tried:
        study.add_trial(_frozen(sweep, point))
    return [_asked(study, sweep) for _ in range(wanted)]


def _study(sweep: SweepSpec, known: int) -> "optuna.Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = (int(sweep.seed or 0) + known) % 2**31
    sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed=seed)
    if sweep.search == "tpe":
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP, constant_liar=True)
    return optuna.create_study(sampler=sampler, direction=direction(sweep.objective.sign))


def direction(sign: float) -> Literal["maximize", "minimize"]:
    """Optuna's name for it."""
    return "maximize" if sign > 0 else "minimize"


def distribution(axis: Axis) -> "BaseDistribution":
    """Optuna's distribution of an axis; a choice is represented by its index, a wide range of integers by floats."""
    from optuna import distributions

    if axis.choice is not None:
        return distributions.CategoricalDistribution(range(len(axis.choice)))
    if axis.integer is not None and not _wide(axis):
        return distributions.IntDistribution(axis.integer[0], axis.integer[1])
    low, high = axis.log_uniform or axis.uniform or axis.integer or (0.0, 1.0)
    return distributions.FloatDistribution(low, high, log=axis.log_uniform is not None)


def distributions_of(axes: Mapping[str, Axis]) -> "dict[str, BaseDistribution]":
    """The distribution of each axis."""
    return {pointer: distribution(axis) for pointer, axis in axes.items()}


def _asked(study: "optuna.Study", sweep: SweepSpec) -> Parameters:
    axes = sweep.axes()
    drawn = study.ask(distributions_of(axes)).params
    return {pointer: _decoded(axes[pointer], value) for pointer, value in drawn.items()}


def _wide(axis: Axis) -> bool:
    return axis.integer is not None and axis.integer[1] - axis.integer[0] > _WIDE


def _decoded(axis: Axis, value: Any) -> Any:
    if axis.integer is not None:
        return min(max(round(value), axis.integer[0]), axis.integer[1])
    return value if axis.choice is None else axis.choice[value]


def coded(sweep: SweepSpec, parameters: Parameters) -> dict[str, Any]:
    """Parameters as the distributions hold them."""
    axes = sweep.axes()
    return {
        pointer: value if (choice := axes[pointer].choice) is None else choice.index(value)
        for pointer, value in parameters.items()
    }


def _frozen(sweep: SweepSpec, point: TriedPoint) -> "optuna.trial.FrozenTrial":
    from optuna.trial import TrialState, create_trial

    state = TrialState.RUNNING
    if point.over:
        state = TrialState.FAIL if point.value is None else TrialState.COMPLETE
    return create_trial(
        state=state,
        value=point.value if state == TrialState.COMPLETE else None,
        params=coded(sweep, point.parameters),
        distributions=distributions_of(sweep.axes()),
    )
