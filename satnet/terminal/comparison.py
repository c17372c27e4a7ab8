"""Experiments side by side."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from satnet.terminal.findings import patch_line
from satnet.terminal.numbers import number

Comparison = Mapping[str, Any]
_METRICS = ("train.loss", "train.accuracy", "validation.loss", "validation.accuracy")


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Differences, final metrics side by side, and the verdict on a remedy."""
    console.print(_table(comparison))
    if verdict := comparison["verdict"]:
        console.print(f"{patch_line(verdict['patch'])}: {verdict['verdict']}; {verdict['reason']}", markup=False)
        if numbers := verdict["numbers"]:
            console.print(_gain_line(numbers), markup=False, highlight=False)


def _table(comparison: Comparison) -> Table:
    experiments, table = comparison["experiments"], Table()
    table.add_column("")
    for one in experiments:
        table.add_column(f"{one['name'] or ''}\n..{one['id'][-6:]}".strip(), justify="right", overflow="fold")
    for row in comparison["differences"]:
        table.add_row(row["pointer"], *[json.dumps(value) for value in row["values"]])
    table.add_section()
    table.add_row("status", *[one["status"] for one in experiments])
    asked = [name for name in comparison["series"] if "." in name and name not in _METRICS]
    for name in (*_METRICS, *asked):
        part, _, key = name.partition(".")
        values = [(one["final"] or {}).get(part, {}).get(key) for one in experiments]
        table.add_row(f"final {name}", *[number(value, ".4f") for value in values])
    for name in ("saturated_fraction", "gate"):
        lines = [[value for value in line if value is not None] for line in comparison["series"][name]]
        for place, words in ((0, "at epoch 0"), (-1, "at the end")):
            table.add_row(f"worst {name} {words}", *[f"{line[place]:.3f}" if line else "-" for line in lines])
    alarms = [sum(finding["severity"] != "info" for finding in one["findings"]) for one in experiments]
    table.add_row("warnings and criticals", *map(str, alarms))
    return table


def _gain_line(numbers: Mapping[str, Any]) -> str:
    interval = numbers["interval"]
    spread = "" if interval is None else f", 95 % interval {interval[0]:+.4f} to {interval[1]:+.4f}"
    text = f"{numbers['metric']} {numbers['before']:.4f} -> {numbers['after']:.4f}, gain {numbers['gain']:+.4f}"
    return f"{text}{spread}, pairs {numbers['pairs']}"
