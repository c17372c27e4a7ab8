"""The terminal's picture of an experiment: saturation per layer at epoch 0 and at the end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def saturation_table(document: Mapping[str, Any]) -> Table:
    """One row a hidden layer, before training -> at the end; '-' where the number has no meaning."""
    last = ", last fold" if document["summary"].get("folds") else ""
    title = f"{document['name'] or document['id']}: {document['status']}{last}"
    table = Table(title=title, title_justify="left")
    table.add_column("layer")
    table.add_column("activation")
    for name in ("saturated", "gate", "dead units"):
        table.add_column(name, justify="right")
    for layer in document["summary"]["layers"]:
        ends = (layer["epoch_0"], layer["final"])
        table.add_row(
            layer["name"],
            layer["activation"],
            _course([_percent(one["saturated_fraction"]) for one in ends]),
            _course(["-" if one["gate"] is None else f"{one['gate']:.2f}" for one in ends]),
            _course([_percent(one["dead_unit_fraction"]) for one in ends]),
        )
    return table


def _course(ends: Sequence[str]) -> str:
    return "-" if set(ends) == {"-"} else " -> ".join(ends)


def _metrics(record: Mapping[str, Any]) -> str:
    parts = []
    for part in ("train", "validation"):
        loss, accuracy = record[part]["loss"], record[part]["accuracy"]
        parts.append(f"{part} loss {'not finite' if loss is None else f'{loss:.4f}'}")
        if accuracy is not None:
            parts.append(f"accuracy {accuracy:.3f}")
    return ", ".join(parts)


def fold_table(folds: Sequence[Mapping[str, Any]]) -> Table:
    """One row a fold: metrics at its end, and its worst layer's saturation before training -> at the end."""
    table = Table()
    table.add_column("fold", justify="right")
    for name in ("train loss", "validation loss", "accuracy", "worst saturated"):
        table.add_column(name, justify="right")
    for one in folds:
        final = one["final"]
        numbers = [final["train"]["loss"], final["validation"]["loss"], final["validation"]["accuracy"]]
        worst = [_percent(_worst(one["layers"], end)) for end in ("epoch_0", "final")]
        table.add_row(str(one["fold"]), *["-" if n is None else f"{n:.4f}" for n in numbers], _course(worst))
    return table


def _worst(layers: Sequence[Mapping[str, Any]], end: str) -> float | None:
    shares = [layer[end]["saturated_fraction"] for layer in layers]
    return max((share for share in shares if share is not None), default=None)


def folds_line(document: Mapping[str, Any]) -> str | None:
    """Means over the folds with their 95 % intervals in one line; None where there are none."""
    found = (document["summary"] or {}).get("cross_validation")
    if not found:
        return None
    parts = []
    for name in ("loss", "accuracy", "mean_absolute_error"):
        if spread := found["validation"].get(name):
            low, high = spread["interval"]
            words = name.replace("_", " ")
            parts.append(f"{words} {spread['mean']:.4f} +- {spread['std']:.4f} (95 % {low:.4f} to {high:.4f})")
    return f"validation over {found['folds']} folds: " + ", ".join(parts)


def metrics_line(document: Mapping[str, Any]) -> str:
    """Final losses and accuracies in one line."""
    final = (document["summary"] or {}).get("final")
    return f"epoch {final['epoch']}: {_metrics(final)}" if final else "no epoch was finished"


def epoch_line(record: Mapping[str, Any]) -> str:
    """One epoch in one line: metrics, and the saturated (or inactive) share of each layer."""
    fold = "" if record["fold"] is None else f"fold {record['fold']} "
    layers = []
    for layer in record["layers"]:
        share, word = layer["saturated_fraction"], "saturated"
        if share is None:
            share, word = layer["inactive_fraction"], "inactive"
        if share is not None:
            layers.append(f"{layer['name']} {_percent(share)} {word}")
    return f"{fold}epoch {record['epoch']}: " + "; ".join([_metrics(record), *layers])


def print_report(document: Mapping[str, Any], console: Console) -> None:
    """Table, final metrics, and why it ended where that needs telling."""
    if document["summary"]:
        console.print(saturation_table(document))
        if folds := document["summary"].get("folds"):
            console.print(fold_table(folds))
        console.print(folds_line(document) or metrics_line(document), markup=False, soft_wrap=True)
    else:
        told = f"{document['id']} is {document['status']}"
        message = f": {document['message']}" if document["message"] else ""
        console.print(told + message, markup=False, soft_wrap=True)
    if reason := document["status_reason"]:
        console.print(f"{reason['code']}: {reason['message']}", markup=False, soft_wrap=True)
    print_findings(document["findings"], console)


def print_findings(findings: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Warnings and criticals in full with their first remedy; what is only worth knowing in a line."""
    for finding in findings:
        if finding["severity"] == "info":
            continue
        console.print(f"\n{finding['severity']}: {finding['id']}", style=_STYLES[finding["severity"]])
        console.print(finding["explanation"], markup=False, highlight=False)
        for number, remedy in enumerate(finding["remedies"]):
            console.print(f"  remedy {number}: {patch_line(remedy['patch'])}", markup=False, highlight=False)
    if notes := [finding["id"] for finding in findings if finding["severity"] == "info"]:
        console.print(f"\nworth knowing: {', '.join(notes)}", markup=False, highlight=False)


_STYLES = {"warning": "yellow", "critical": "bold red"}


def patch_line(patch: Sequence[Mapping[str, Any]]) -> str:
    """A JSON Patch in one line."""
    parts = []
    for one in patch:
        value = one.get("value")
        shown = value if isinstance(value, str) else json.dumps(value)
        parts.append(f"{one['path']} {'+' if one['op'] == 'add' else '='} {shown}")
    return "; ".join(parts)


def print_comparison(found: Mapping[str, Any], console: Console) -> None:
    """Differences, final metrics side by side, and the verdict on a remedy."""
    experiments = found["experiments"]
    table = Table()
    table.add_column("")
    for one in experiments:
        table.add_column(f"{one['name'] or ''}\n..{one['id'][-6:]}".strip(), justify="right", overflow="fold")
    for row in found["differences"]:
        table.add_row(row["pointer"], *[json.dumps(value) for value in row["values"]])
    table.add_section()
    table.add_row("status", *[one["status"] for one in experiments])
    for name in ("train.loss", "train.accuracy", "validation.loss", "validation.accuracy"):
        part, _, key = name.partition(".")
        values = [(one["final"] or {}).get(part, {}).get(key) for one in experiments]
        table.add_row(f"final {name}", *["-" if value is None else f"{value:.4f}" for value in values])
    for name in ("saturated_fraction", "gate"):
        for place, word in ((0, "at epoch 0"), (-1, "at the end")):
            told = [[value for value in line if value is not None] for line in found["series"][name]]
            table.add_row(f"worst {name} {word}", *[f"{line[place]:.3f}" if line else "-" for line in told])
    alarms = [sum(finding["severity"] != "info" for finding in one["findings"]) for one in experiments]
    table.add_row("warnings and criticals", *map(str, alarms))
    console.print(table)
    if verdict := found["verdict"]:
        console.print(f"{patch_line(verdict['patch'])}: {verdict['verdict']}; {verdict['reason']}", markup=False)
        if numbers := verdict["numbers"]:
            interval = numbers["interval"]
            spread = "" if interval is None else f", 95 % interval {interval[0]:+.4f} to {interval[1]:+.4f}"
            text = f"{numbers['metric']} {numbers['before']:.4f} -> {numbers['after']:.4f}, gain {numbers['gain']:+.4f}"
            console.print(f"{text}{spread}, pairs {numbers['pairs']}", markup=False, highlight=False)
