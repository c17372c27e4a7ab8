"""Rules on the rows that enter the network."""

from collections.abc import Iterator

from satnet.records.schema import Severity
from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.finding import Finding
from satnet.saturation.diagnosis.rule import rule
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import MEASURED


@rule(
    thresholds={
        "input_std_high": (2.0, "twice the standard deviation of standardized rows"),
        "input_std_critical": (10.0, MEASURED),
        "input_std_low": (0.2, "a fifth of the standard deviation of standardized rows"),
        "input_std_lowish": (0.5, "half the standard deviation of standardized rows"),
        "input_mean": (1.0, "one standard deviation of standardized rows"),
        "input_mean_slight": (0.2, "SageMaker Debugger, CheckInputImages threshold_mean"),
    }
)
def input_not_standardized(run: Run) -> Iterator[Finding]:
    """The rows that enter the network are far from mean 0 and standard deviation 1."""
    mean, std = _moments(run)
    if mean is None or std is None:
        return
    tests: tuple[tuple[Severity, str, float, str, bool], ...] = (
        ("critical", "input.std", std, "input_std_critical", std > run.limit("input_std_critical")),
        ("warning", "input.std", std, "input_std_high", std > run.limit("input_std_high")),
        ("warning", "input.std", std, "input_std_low", std < run.limit("input_std_low")),
        ("warning", "input.mean", mean, "input_mean", abs(mean) > run.limit("input_mean")),
        ("info", "input.std", std, "input_std_lowish", std < run.limit("input_std_lowish")),
        ("info", "input.mean", mean, "input_mean_slight", abs(mean) > run.limit("input_mean_slight")),
    )
    for severity, metric, value, name, fires in tests:
        if fires:
            yield Finding(
                severity,
                f"The inputs have mean {mean:.3g} and standard deviation {std:.3g}; about 0 and 1 are expected. "
                f"Every preactivation of the first layer is shifted and scaled with them.",
                run.evidence(metric, value, name),
                remedies=remedies.standardize(run.facts),
            )
            return


def _moments(run: Run) -> tuple[float | None, float | None]:
    """Mean and standard deviation as measured; before training, as known of the dataset."""
    measured = run.first.get("input") if run.first else None
    if measured is not None:
        return measured["mean"], measured["std"]
    known = run.facts.raw_input if not run.records else None
    return known or (None, None)
