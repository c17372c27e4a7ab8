"""When a trial ends before its last epoch: it falls behind the others (ASHA), or it is saturated and learns nothing."""

from collections.abc import Mapping, Sequence

from satnet.records.schema import EpochRecord
from satnet.sweeps.search import direction
from satnet.sweeps.spec import Asha

_HOPELESS_EPOCHS = 3
_SHUT = 0.9  # share of a layer's activations that are saturated, or of its units that are dead
_CHANCE = 0.98  # of chance level, the loss of the best constant guess

ENDED_EARLY = ("asha", "hopeless_saturation")  # stop reasons that are a sweep's own

Rungs = Mapping[str, Mapping[str, float]]  # experiment -> rung -> the value that it came to it with


def is_rung(asha: Asha, epoch: int) -> bool:
    """Whether trials are compared after this epoch."""
    rung = asha.min_epochs
    while rung < epoch:
        rung *= asha.reduction_factor
    return rung == epoch


def falls_behind(
    asha: Asha, rungs: Rungs, experiment_id: str, epoch: int, value: float | None, sign: float
) -> tuple[bool, dict[str, float]]:
    """Whether a trial ends at this rung, and its own rungs afterwards: Optuna's successive halving.

    Args:
        asha: the sweep's.
        rungs: of all trials of the sweep.
        experiment_id: whose turn it is.
        epoch: that it has just measured; a rung.
        value: its objective there; a trial without one ends.
        sign: 1 where more is better.
    """
    import optuna

    own = dict(rungs.get(experiment_id, {}))
    if value is None:
        return True, own
    pruner = optuna.pruners.SuccessiveHalvingPruner(
        min_resource=asha.min_epochs, reduction_factor=asha.reduction_factor
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction=direction(sign), pruner=pruner)
    running = optuna.trial.TrialState.RUNNING
    for other, reached in rungs.items():
        if other != experiment_id:
            study.add_trial(optuna.trial.create_trial(state=running, system_attrs=dict(reached)))
    mine = optuna.trial.create_trial(state=running, system_attrs=own, intermediate_values={epoch: value})
    study.add_trial(mine)
    ends = pruner.prune(study, study.trials[-1])
    return ends, dict(study.trials[-1].system_attrs)


def is_hopeless(records: Sequence[EpochRecord]) -> bool:
    """Whether for three measured epochs the loss was at chance level while a hidden layer was saturated or dead."""
    latest = [record for record in records if record["epoch"] > 0 and record["fold"] == records[-1]["fold"]]
    latest = latest[-_HOPELESS_EPOCHS:]
    return len(latest) == _HOPELESS_EPOCHS and all(_shut(record) for record in latest)


def _shut(record: EpochRecord) -> bool:
    over = record["network"]["loss_over_chance"]
    if over is None or over < _CHANCE:
        return False
    shares = [
        share for layer in record["layers"] for share in (layer["saturated_fraction"], layer["dead_unit_fraction"])
    ]
    return any(share is not None and share >= _SHUT for share in shares)
