"""Which points a sweep tries next: Optuna's samplers on what our own store knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from satnet.sweeps.points import choices, grid
from satnet.sweeps.spec import Range, SweepSpec

_STARTUP = 10  # points that TPE draws at random before its model says anything (Optuna's default)


@dataclass(frozen=True)
class Told:
    """A point that is there already: its parameters, and its value once all of its trials are over."""

    parameters: dict[str, Any]
    over: bool
    value: float | None


def all_at_once(sweep: SweepSpec) -> list[dict[str, Any]] | None:
    """Every point, where none depends on what earlier ones brought; None for TPE."""
    if sweep.search == "grid":
        return list(grid(sweep.axes()))
    if sweep.search == "random":
        study = _study(sweep, 0)
        return [_asked(study, sweep) for _ in range(sweep.points)]
    return None


def next_points(sweep: SweepSpec, told: Sequence[Told]) -> list[dict[str, Any]]:
    """The points to be added now to those in `told`, in order; empty while enough are under way, and at the end.

    What it answers follows from its arguments alone: two processes that ask at once get the same points.
    """
    everything = all_at_once(sweep)
    if everything is not None:
        return everything[len(told) :]
    free = sweep.parallel - sum(not one.over for one in told)
    wanted = min(free, sweep.points - len(told))
    if wanted <= 0:
        return []
    study = _study(sweep, len(told))
    for one in told:
        study.add_trial(_frozen(sweep, one))
    return [_asked(study, sweep) for _ in range(wanted)]


def _study(sweep: SweepSpec, known: int) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = (int(sweep.seed or 0) + known) % 2**31
    sampler: Any = optuna.samplers.RandomSampler(seed=seed)
    if sweep.search == "tpe":
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP, constant_liar=True)
    return optuna.create_study(sampler=sampler, direction=direction(sweep.objective.sign))


def direction(sign: float) -> Any:
    """Optuna's word."""
    return "maximize" if sign > 0 else "minimize"


def distribution(axis: Range) -> Any:
    """Optuna's distribution of an axis; values that it cannot hold go by their place."""
    from optuna import distributions

    if axis.choice is not None:
        return distributions.CategoricalDistribution(range(len(axis.choice)))
    if axis.integer is not None:
        return distributions.IntDistribution(axis.integer[0], axis.integer[1])
    low, high = axis.log_uniform or axis.uniform or (0.0, 1.0)
    return distributions.FloatDistribution(low, high, log=axis.log_uniform is not None)


def _asked(study: Any, sweep: SweepSpec) -> dict[str, Any]:
    axes = sweep.axes()
    drawn = study.ask({pointer: distribution(axis) for pointer, axis in axes.items()}).params
    return {
        pointer: value if axes[pointer].choice is None else (choices(axes[pointer]) or [])[value]
        for pointer, value in drawn.items()
    }


def coded(sweep: SweepSpec, parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as the distributions hold them."""
    axes = sweep.axes()
    return {
        pointer: value if axes[pointer].choice is None else (choices(axes[pointer]) or []).index(value)
        for pointer, value in parameters.items()
    }


def _frozen(sweep: SweepSpec, told: Told) -> Any:
    from optuna.trial import TrialState, create_trial

    state = TrialState.RUNNING
    if told.over:
        state = TrialState.FAIL if told.value is None else TrialState.COMPLETE
    return create_trial(
        state=state,
        value=told.value if state == TrialState.COMPLETE else None,
        params=coded(sweep, told.parameters),
        distributions={pointer: distribution(axis) for pointer, axis in sweep.axes().items()},
    )
