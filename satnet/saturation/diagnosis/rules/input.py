"""Rules on the rows that enter the network."""

from collections.abc import Iterator

from satnet.saturation.diagnosis import remedies
from satnet.saturation.diagnosis.facts import Run
from satnet.saturation.diagnosis.finding import Finding


def input_not_standardized(run: Run) -> Iterator[Finding]:
    """The rows that enter the network are far from mean 0 and standard deviation 1."""
    measured = (run.first or {}).get("input")
    if measured is not None:
        mean, std = measured["mean"], measured["std"]
    elif run.facts.raw_input is not None and not run.records:
        mean, std = run.facts.raw_input
    else:
        return
    if mean is None or std is None:
        return
    tests = (
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
                "input_not_standardized",
                severity,
                f"The inputs have mean {mean:.3g} and standard deviation {std:.3g}, where 0 and 1 are expected. "
                f"Every preactivation of the first layer is scaled by them.",
                metric,
                value,
                run.limit(name),
                run.limits[name].source,
                first_epoch=0,
                last_epoch=0,
                remedies=remedies.standardize(run.facts),
            )
            return
