"""The report of an experiment: saturation per layer before training and at the end, metrics, findings."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from satnet.records.schema import ExperimentDocument, FoldSummary, LayerSummary, Summary
from satnet.spec.metrics import METRICS
from satnet.terminal.epochs import metrics_line
from satnet.terminal.findings import print_findings
from satnet.terminal.numbers import change, number, percent
from satnet.terminal.quality import print_quality


def print_report(document: ExperimentDocument, console: Console) -> None:
    """Tables, final metrics, findings, and why it ended where that needs saying."""
    summary = document["summary"]
    if summary:
        console.print(_saturation_table(document, summary))
        if folds := summary.get("folds"):
            console.print(_fold_table(folds))
        console.print(_folds_line(summary) or metrics_line(document), markup=False, soft_wrap=True)
        print_quality(document["spec"], summary, console)
    else:
        message = f": {document['message']}" if document["message"] else ""
        console.print(f"{document['id']} is {document['status']}{message}", markup=False, soft_wrap=True)
    if reason := document["status_reason"]:
        console.print(f"{reason['code']}: {reason['message']}", markup=False, soft_wrap=True)
    print_findings(document["findings"], console)


def _saturation_table(document: ExperimentDocument, summary: Summary) -> Table:
    """One row a hidden layer, before training -> at the end; '-' where the number has no meaning."""
    last = ", last fold" if summary.get("folds") else ""
    table = Table(title=f"{document['name'] or document['id']}: {document['status']}{last}", title_justify="left")
    table.add_column("layer")
    table.add_column("activation")
    for name in ("saturated", "gate", "dead units"):
        table.add_column(name, justify="right")
    for layer in summary["layers"]:
        ends = (layer["epoch_0"], layer["final"])
        table.add_row(
            layer["name"],
            layer["activation"],
            change([percent(one["saturated_fraction"]) for one in ends]),
            change([number(one["gate"], ".2f") for one in ends]),
            change([percent(one["dead_unit_fraction"]) for one in ends]),
        )
    return table


def _fold_table(folds: Sequence[FoldSummary]) -> Table:
    """One row a fold: metrics at its end, and its worst layer's saturation before training -> at the end."""
    table = Table()
    table.add_column("fold", justify="right")
    for name in ("train loss", "validation loss", "accuracy", "worst saturated"):
        table.add_column(name, justify="right")
    for one in folds:
        final = one["final"]
        if final is None:
            continue
        values = [final["train"]["loss"], final["validation"]["loss"], final["validation"]["accuracy"]]
        table.add_row(str(one["fold"]), *[number(value, ".4f") for value in values], _worst(one["layers"]))
    return table


def _worst(layers: Sequence[LayerSummary]) -> str:
    ends = ([layer["epoch_0"] for layer in layers], [layer["final"] for layer in layers])
    shares = [[one["saturated_fraction"] for one in end if one["saturated_fraction"] is not None] for end in ends]
    return change([percent(max(end, default=None)) for end in shares])


def _folds_line(summary: Summary) -> str | None:
    """Means over the folds with their 95 % intervals in one line; None where there are none."""
    across = summary.get("cross_validation")
    if not across:
        return None
    parts = []
    for name in ("loss", "accuracy", "mean_absolute_error", *METRICS):
        if (spread := across["validation"].get(name)) and spread["interval"]:
            low, high = spread["interval"]
            words = name.replace("_", " ")
            parts.append(f"{words} {spread['mean']:.4f} +- {spread['std']:.4f} (95 % {low:.4f} to {high:.4f})")
    return f"validation over {across['folds']} folds: " + ", ".join(parts)
