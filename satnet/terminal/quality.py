"""How good each class or target is predicted on the test rows."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from satnet.records.schema import ClassQuality, Summary, TargetQuality
from satnet.terminal.epochs import metrics_words
from satnet.terminal.numbers import number

_MOST_ROWS = 20


def print_quality(spec: Mapping[str, Any], summary: Summary, console: Console) -> None:
    """Test metrics and a table; only where somebody asked for metrics, weighs classes, or brought the data."""
    quality = summary.get("quality")
    training, dataset = spec.get("training") or {}, spec.get("dataset") or {}
    if not quality or not (training.get("metrics") or training.get("class_weight") or dataset.get("resolved")):
        return
    if (test := summary.get("test")) is not None:
        console.print(metrics_words("test", test), markup=False, soft_wrap=True)
    if classes := quality["test"].get("classes"):
        console.print(_class_table(classes))
    if targets := quality["test"].get("targets"):
        console.print(_target_table(targets))


def _class_table(classes: list[ClassQuality]) -> Table:
    """One row a class; of more than 20 those with the lowest recall."""
    shown = classes
    if len(classes) > _MOST_ROWS:
        shown = sorted(classes, key=lambda one: 2.0 if one["recall"] is None else one["recall"])[:_MOST_ROWS]
    table = _table("test rows", "class", ("recall", "precision", "f1", "rows"))
    for one in shown:
        shares = [number(value, ".3f") for value in (one["recall"], one["precision"], one["f1"])]
        table.add_row(one["label"], *shares, str(one["support"]))
    if len(classes) > _MOST_ROWS:
        table.caption = f"the {_MOST_ROWS} of {len(classes)} classes with the lowest recall"
    return table


def _target_table(targets: list[TargetQuality]) -> Table:
    """One row a target, in its own units."""
    table = _table("test rows", "target", ("R2", "mean abs. error", "rms error", "median residual", "5 % to 95 %"))
    for one in targets[:_MOST_ROWS]:
        numbers = [number(one["r2"], ".3f"), number(one["mae"]), number(one["rmse"])]
        rest = one["residuals"]
        spread = ("-", "-") if rest is None else (number(rest["p50"]), f"{number(rest['p5'])} to {number(rest['p95'])}")
        table.add_row(one["target"], *numbers, *spread)
    if len(targets) > _MOST_ROWS:
        table.caption = f"and {len(targets) - _MOST_ROWS} more: -o json has all"
    return table


def _table(title: str, first: str, others: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table
