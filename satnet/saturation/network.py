"""What the layers say together: how gradients shrink on their way to the first layer, and why."""

import math
from collections.abc import Sequence

from satnet.records.schema import LayerRecord, NetworkRecord
from satnet.spec.activation_traits import traits


def chance_loss(loss: str, output_activation: str, classes: int | None, variance: float | None) -> float | None:
    """Chance level: ln(classes), ln 2, 1/4 for classes behind a sigmoid, the variance of a regression's target.

    None where it is not known.
    """
    if loss == "categorical_crossentropy" and classes:
        return math.log(classes)
    if loss == "binary_crossentropy":
        return math.log(2.0)
    if loss == "mean_squared_error":
        if variance is None and traits(output_activation).matching_loss == "binary_crossentropy":
            return 0.25
        return variance
    return None


def _decades(ratio: float | None) -> float | None:
    return math.log10(ratio) if ratio and ratio > 0 and math.isfinite(ratio) else None


def network_record(
    layers: Sequence[LayerRecord],
    gates_rms: Sequence[float | None],
    loss: float,
    chance: float | None,
    confident_wrong: float | None,
    saturated_wrong: float | None,
) -> NetworkRecord:
    """The `network` object of METRICS section 3.

    Args:
        layers: the hidden layers' records in order.
        gates_rms: RMS of f'(z), unnormalised, of each.
        loss: the probe set's.
        chance: chance level, None where it is not known.
        confident_wrong: share of rows with max p >= 0.99 and the wrong class.
        saturated_wrong: share of output entries saturated on the wrong side.
    """
    deltas = [layer["delta_rms"] for layer in layers]
    ratio = None
    if len(deltas) > 1 and deltas[-1] and deltas[0] is not None:
        ratio = deltas[0] / deltas[-1]
    total = _decades(ratio)
    gates = None
    if total is not None and all(gate for gate in gates_rms[:-1]):
        # delta_l = f'(z_l) * (W_{l+1}^T delta_{l+1}): layer l's own gate stands in delta_l.
        parts = [_decades(gate) for gate in gates_rms[:-1]]
        gates = sum(part for part in parts if part is not None)
    stds = [std for layer in layers if (std := layer["preactivation"]["std"])]
    over = loss / chance if chance and math.isfinite(loss) else None
    return {
        "vanish_ratio": ratio,
        "gate_decades": gates,
        "weight_decades": total - gates if total is not None and gates is not None else None,
        "preactivation_std_ratio": max(stds) / min(stds) if stds and len(stds) == len(layers) else None,
        "loss_over_chance": over,
        "confident_wrong": confident_wrong,
        "saturated_wrong": saturated_wrong,
        "rarest_class_recall": None,
        "mean_class_recall": None,
    }
