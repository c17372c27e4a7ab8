"""A rule: a function that finds, declared with what may cause its findings and with its thresholds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from satnet.saturation.diagnosis.finding import Finding
from satnet.saturation.diagnosis.run import Run
from satnet.saturation.diagnosis.thresholds import Limits, Threshold

Find = Callable[[Run], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One rule of the diagnosis.

    Attributes:
        find: yields its findings on a run.
        caused_by: names of the rules whose findings, where there are any, make its own a consequence.
        thresholds: those that it declares; it may use others too.
        always_critical: a consequence keeps its severity, where that of others falls to info.
        last_resort: findings are dropped where another rule has raised an alarm before.
    """

    find: Find
    caused_by: tuple[str, ...] = ()
    thresholds: Limits = field(default_factory=dict)
    always_critical: bool = False
    last_resort: bool = False

    @property
    def name(self) -> str:
        """The function's name."""
        return self.find.__name__

    @property
    def kind(self) -> str:
        """The kind of cause: the file that the rule stands in."""
        return self.find.__module__.rpartition(".")[2]

    def findings(self, run: Run) -> Iterator[Finding]:
        """Its findings on a run, in its name."""
        for finding in self.find(run):
            yield replace(finding, rule=self.name)


def rule(
    *,
    caused_by: Sequence[str] = (),
    thresholds: Mapping[str, tuple[float, str]] | None = None,
    always_critical: bool = False,
    last_resort: bool = False,
) -> Callable[[Find], Rule]:
    """Declare a rule, which has the function's name; see `Rule`.

    Example:
        @rule(caused_by=["input_not_standardized"], thresholds={"too_large": (2.0, "where the number comes from")})
        def a_name(run: Run) -> Iterator[Finding]:
            ...
    """
    limits = {name: Threshold(value, source) for name, (value, source) in (thresholds or {}).items()}
    return lambda find: Rule(find, tuple(caused_by), limits, always_critical, last_resort)
