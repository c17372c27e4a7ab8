"""How much of the objective's variance each parameter explains: Optuna's evaluators on our own values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from satnet.sweeps.ranking import Point
from satnet.sweeps.search import coded, direction, distributions_of
from satnet.sweeps.spec import SweepSpec

if TYPE_CHECKING:
    from optuna.importance import BaseImportanceEvaluator


def importances(sweep: SweepSpec, points: Sequence[Point], method: str) -> dict[str, float]:
    """Parameter -> its share, largest first; empty for fewer than two points with different values.

    Args:
        sweep: whose parameters and objective these are.
        points: those with a value.
        method: `fanova`, or `ped_anova`.
    """
    varying = {pointer for pointer in sweep.axes() if len({str(point.parameters[pointer]) for point in points}) > 1}
    if len(points) < 2 or not varying or len({point.mean for point in points}) < 2:
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    axes = {pointer: axis for pointer, axis in sweep.axes().items() if pointer in varying}
    study = optuna.create_study(direction=direction(sweep.objective.sign))
    for point in points:
        parameters = coded(sweep, point.parameters)
        study.add_trial(
            optuna.trial.create_trial(
                value=point.mean,
                params={pointer: parameters[pointer] for pointer in axes},
                distributions=distributions_of(axes),
            )
        )
    evaluator: BaseImportanceEvaluator = optuna.importance.PedAnovaImportanceEvaluator()
    if method == "fanova":
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=int(sweep.seed or 0))
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {parameter: float(share) for parameter, share in shares.items()}
