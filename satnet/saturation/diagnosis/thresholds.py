"""Every threshold of the diagnosis, with where it comes from; SATNET_THRESHOLDS changes them."""

from collections.abc import Mapping
from dataclasses import dataclass

_MEASURED = "measured on MNIST before it was set, docs/diagnosis.md"


@dataclass(frozen=True)
class Threshold:
    """A number and its source."""

    value: float
    source: str


DEFAULTS: dict[str, Threshold] = {
    name: Threshold(value, source)
    for name, value, source in (
        ("input_std_high", 2.0, "twice the standard deviation of standardized rows"),
        ("input_std_critical", 10.0, _MEASURED),
        ("input_std_low", 0.2, "a fifth of the standard deviation of standardized rows"),
        ("input_std_lowish", 0.5, "half the standard deviation of standardized rows"),
        ("input_mean", 1.0, "one standard deviation of standardized rows"),
        ("input_mean_slight", 0.2, "SageMaker Debugger, CheckInputImages threshold_mean"),
        ("saturated_at_start_warning", 0.25, "above the 0.18 that theory gives U(-0.1, 0.1) on 784 inputs"),
        ("saturated_at_start_critical", 0.50, "SageMaker Debugger, SaturatedActivation threshold_layer"),
        ("born_dead_warning", 0.25, _MEASURED),
        ("born_dead_critical", 0.50, "SageMaker Debugger, DeadRelu threshold_layer"),
        (
            "weight_std_warning",
            2.0,
            "a factor off Glorot and Bengio 2010, He et al. 2015, Klambauer et al. 2017",
        ),
        (
            "weight_std_critical",
            10.0,
            "a factor off Glorot and Bengio 2010, He et al. 2015, Klambauer et al. 2017",
        ),
        ("bad_start_warning", 2.0, "the uninformed guess; ReLU with He starts at 1.5 times it"),
        ("bad_start_critical", 4.0, "the uninformed guess; ReLU with He starts at 1.5 times it"),
        ("saturated_wrong_critical", 0.2, "a fifth of the output's entries"),
        ("update_ratio_warning", 0.03, "healthy steps are 0.001 to 0.02 of the weights, " + _MEASURED),
        ("update_ratio_critical", 0.1, "Karpathy's 0.001, two decades up"),
        ("update_ratio_deadly", 0.01, "Karpathy's 0.001, one decade up"),
        ("movement_deadly", 1.0, "a kernel that moved by its own size within an epoch"),
        ("movement_low", 1e-3, "a healthy epoch moves kernels by percents"),
        ("saturation_rise", 0.2, _MEASURED),
        ("sigmoid_low", 0.5, "Glorot and Bengio 2010, figure 2"),
        ("died_warning", 0.25, "a good layer of 25 ReLUs lost 0.16, " + _MEASURED),
        ("died_critical", 0.50, "adam at 0.01 killed 0.53, " + _MEASURED),
        ("vanish_ratio_warning", 1e-2, "AutoTrainer (Zhang et al. 2021), beta_1"),
        ("vanish_ratio_critical", 1e-3, "AutoTrainer (Zhang et al. 2021), beta_1, a decade down"),
        ("gradient_rms_low", 1e-4, "AutoTrainer (Zhang et al. 2021), beta_2"),
        ("explode_ratio", 70.0, "AutoTrainer (Zhang et al. 2021), beta_3"),
        ("linear_gate", 0.98, "a unit whose slope hardly changes"),
        ("dormant", 0.5, "half of the layer (Sokar et al. 2023 count the units)"),
        ("stalled_fall", 0.01, "less than 1 % over three measured epochs"),
        ("stalled_over_chance", 0.5, "half of the uninformed guess's loss"),
        ("overfit_rise", 0.10, "10 % above the best validation loss"),
        ("overfit_ratio", 1.5, _MEASURED),
    )
}


def thresholds(overrides: Mapping[str, float] | None = None) -> dict[str, Threshold]:
    """The defaults with `overrides`. Raises ValueError for a name that there is not."""
    changed = dict(DEFAULTS)
    for name, value in (overrides or {}).items():
        if name not in DEFAULTS:
            raise ValueError(f"there is no threshold {name!r}; there are {', '.join(DEFAULTS)}")
        changed[name] = Threshold(float(value), "set by the operator")
    return changed
