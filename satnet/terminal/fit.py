"""What is printed when a monitored `fit` ends."""

import sys
from collections.abc import Sequence

from rich.console import Console

from satnet.records.schema import EpochRecord, FindingRecord
from satnet.terminal.epochs import print_epoch
from satnet.terminal.findings import print_findings


def print_fit(epochs: Sequence[EpochRecord], findings: Sequence[FindingRecord]) -> None:
    """The first and the last epoch in a line each, and the findings; to stdout, as Keras prints."""
    console = Console(file=sys.stdout, markup=False, emoji=False)
    for record in (epochs[0], epochs[-1]):
        print_epoch(record, console)
    print_findings(findings, console)
